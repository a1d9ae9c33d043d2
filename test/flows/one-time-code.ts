import { appRefusals, clientRefusal } from './app-refusals.js';
import { protectionRefusals, registrationCode } from './begin.js';
import type { Flow, Refusal } from './flow.js';
import type { Form } from './visitor.js';

const username = 'alice@example.com';
const day = 86_401;
const quarter = 901;

const codeRefusals: readonly Refusal[] = [
  { title: 'a wrong code', status: 401, finish: () => ({ code: '00000000' }) },
  { title: 'no code', status: 400, finish: () => ({ code: ' ' }) },
  {
    title: 'a code after three wrong ones',
    status: 429,
    meanwhile: async (_scene, visitor) => {
      for (let guess = 0; guess < 3; guess += 1) {
        await visitor.visit('/code/login', { code: '00000000' });
      }
    },
  },
  {
    title: 'a user who was locked meanwhile',
    status: 401,
    meanwhile: (scene) => {
      scene.changeAlice({ isLocked: true });
    },
  },
  {
    title: 'a user who was made inactive meanwhile',
    status: 401,
    meanwhile: (scene) => {
      scene.changeAlice({ isActive: false });
    },
  },
  ...protectionRefusals('passwordless'),
  ...appRefusals,
  clientRefusal,
];

function codeLogin(
  of: Pick<Flow, 'name' | 'proof' | 'arrange'>,
  asked: Form,
  lifetime: number,
): Flow {
  return {
    ...of,
    clients: ['public', 'private'],
    flow: 'otp',
    username,
    carriesVisitor: true,
    begin: (scene, visitor, more) =>
      visitor.visit('/code', { ...asked, ...scene.captcha, ...more }),
    resend: (scene, visitor) => visitor.visit('/code', scene.captcha),
    obtain: (scene) => Promise.resolve({ code: scene.code('passwordless') }),
    finish: (visitor, entered) => visitor.visit('/code/login', entered),
    another: async (scene, visitor) => ({ code: await registrationCode(scene, visitor) }),
    expire: (scene) => {
      scene.emulator.clock(lifetime);
    },
    refusals: codeRefusals,
    without: {},
  };
}

export const oneTimeCodeFlows: readonly Flow[] = [
  codeLogin(
    { name: 'Passwordless, by email', proof: 'secret in a Basic header' },
    { username },
    day,
  ),
  codeLogin(
    { name: 'Passwordless, by SMS', proof: 'private key' },
    { username, method: 'sms' },
    quarter,
  ),
  codeLogin(
    {
      name: 'Passwordless, by any identifier',
      proof: 'secret in the body',
      arrange: (scene) => {
        scene.emulator.settings({ login: { discovery: true } });
      },
    },
    { login_hint: '+12025550101' },
    day,
  ),
];
