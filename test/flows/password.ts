import { appRefusals, clientRefusal } from './app-refusals.js';
import { headlessCode } from './begin.js';
import type { Flow, Refusal } from './flow.js';

const username = 'alice@example.com';
const password = 'Passw0rd!';

/** Salesforce's reasons, all told as one, so that nobody learns who has an account. */
const accountRefusals: readonly Refusal[] = [
  { title: 'a wrong password', status: 401, finish: () => ({ password: 'not-it-1' }) },
  {
    title: 'a locked user',
    status: 401,
    arrange: (scene) => {
      scene.changeAlice({ isLocked: true });
    },
  },
  {
    title: 'an inactive user',
    status: 401,
    arrange: (scene) => {
      scene.changeAlice({ isActive: false });
    },
  },
  {
    title: 'a user who is told to be inactive',
    status: 401,
    arrange: (scene) => {
      scene.emulator.settings({ quirks: { inactiveUserError: true } });
      scene.changeAlice({ isActive: false });
    },
  },
  {
    title: 'a user who needs a second factor',
    status: 401,
    arrange: (scene) => {
      scene.changeAlice({ isMfaRequired: true });
    },
  },
  { title: 'no password', status: 400, finish: () => ({ password: '' }) },
];

const passwordLogin: Omit<Flow, 'name' | 'proof' | 'obtain' | 'another' | 'refusals'> = {
  clients: ['public', 'private'],
  flow: 'password',
  username,
  carriesVisitor: true,
  isGoodTwice: true,
  finish: (visitor, entered) => visitor.visit('/login', entered),
  expire: (scene) => {
    scene.emulator.settings({ quirks: { enforceExpiredPasswords: true } });
    scene.changeAlice({ passwordExpired: true });
  },
  without: {
    'refuses another browser':
      'A password is good in any browser: nothing has been sent out that could be stolen.',
    'refuses a replay':
      'A password is good more than once; the second login joins the first and upgrades nothing.',
    'sends a code again': 'There is no code.',
  },
};

export const passwordFlows: readonly Flow[] = [
  {
    ...passwordLogin,
    name: 'Password',
    proof: 'secret in the body',
    obtain: () => Promise.resolve({ username, password }),
    another: async (scene, visitor) => ({ username, password: await headlessCode(scene, visitor) }),
    refusals: [
      ...accountRefusals,
      { title: 'an unknown user', status: 401, finish: () => ({ username: 'nobody@example.com' }) },
      ...appRefusals,
      clientRefusal,
    ],
  },
  {
    ...passwordLogin,
    name: 'Password, by any identifier',
    proof: 'secret in a Basic header',
    arrange: (scene) => {
      scene.emulator.settings({ login: { discovery: true } });
    },
    obtain: () => Promise.resolve({ login_hint: '+12025550101', password }),
    another: async (scene, visitor) => ({
      login_hint: '+12025550101',
      password: await headlessCode(scene, visitor),
    }),
    refusals: [
      ...accountRefusals,
      { title: 'an unknown identifier', status: 401, finish: () => ({ login_hint: 'order 4711' }) },
      ...appRefusals,
      clientRefusal,
    ],
  },
];
