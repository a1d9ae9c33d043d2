import { appRefusals, clientRefusal } from './app-refusals.js';
import { headlessCode, newcomer, newcomersPassword, protectionRefusals } from './begin.js';
import type { Flow, Refusal } from './flow.js';
import type { Form } from './visitor.js';

const registrationRefusals: readonly Refusal[] = [
  { title: 'a wrong code', status: 401, finish: () => ({ code: '00000000' }) },
  {
    title: 'a form without a name',
    at: 'begin',
    status: 400,
    code: 'invalid_fields',
    begin: { lastName: '' },
  },
  {
    title: 'a password that is too weak',
    at: 'begin',
    status: 400,
    code: 'password_policy',
    begin: { password: 'short' },
  },
  {
    title: 'a username that is taken',
    status: 400,
    begin: { username: 'bob@example.com' },
  },
  ...protectionRefusals('registration'),
  ...appRefusals,
  { ...clientRefusal, makesUser: true },
];

function registration(of: Pick<Flow, 'name' | 'proof'>, asked: Form, lifetime: number): Flow {
  const form = { ...newcomer, password: newcomersPassword, ...asked };
  return {
    ...of,
    clients: ['public', 'private'],
    flow: 'registration',
    username: newcomer.email,
    carriesVisitor: true,
    begin: (scene, visitor, more) =>
      visitor.visit('/register', { ...form, ...scene.captcha, ...more }),
    resend: (scene, visitor) => visitor.visit('/register', scene.captcha),
    obtain: (scene) => Promise.resolve({ code: scene.code('registration') }),
    finish: (visitor, entered) => visitor.visit('/register/code', entered),
    another: async (scene, visitor) => ({ code: await headlessCode(scene, visitor) }),
    expire: (scene) => {
      scene.emulator.clock(lifetime);
    },
    refusals: registrationRefusals,
    without: {},
  };
}

export const registrationFlows: readonly Flow[] = [
  registration({ name: 'Registration, by email', proof: 'secret in the body' }, {}, 86_401),
  registration(
    { name: 'Registration, by SMS', proof: 'private key' },
    { method: 'sms', mobilePhone: '+12025550143' },
    901,
  ),
];
