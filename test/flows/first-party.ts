import { clientRefusal } from './app-refusals.js';
import {
  headlessCode,
  newcomer,
  newcomersPassword,
  protectionRefusals,
  registrationCode,
} from './begin.js';
import { passwordFlows } from './password.js';
import type { Flow, Refusal } from './flow.js';
import type { Form } from './visitor.js';

const username = 'alice@example.com';
const password = 'Passw0rd!';

const siteRefusals: readonly Refusal[] = [
  {
    title: 'an app that is not approved for the user',
    status: 503,
    code: 'app_not_approved',
    meanwhile: (scene) => {
      scene.changeApp({ preapprovedUsers: [] });
    },
  },
  {
    title: 'an app that is no first-party application',
    status: 503,
    code: 'flow_disabled',
    meanwhile: (scene) => {
      scene.changeApp({ isFirstPartyAppEnabled: false });
    },
  },
  {
    title: 'an app that Salesforce does not know',
    status: 503,
    code: 'invalid_client_id',
    meanwhile: (scene) => {
      scene.removeApp();
    },
  },
  {
    title: 'a site that is not active',
    status: 503,
    code: 'site_not_found',
    meanwhile: (scene) => {
      scene.emulator.settings({ site: { active: false } });
    },
  },
  clientRefusal,
];

const common = {
  clients: ['private'],
  proof: 'first-party',
  flow: 'first-party',
  carriesVisitor: true,
  finish: (visitor, entered) => visitor.visit('/first-party', entered),
} as const satisfies Partial<Flow>;

function byCode(
  name: string,
  asked: Form,
  purpose: 'passwordless' | 'registration',
  user: string,
): Flow {
  const makesUser = purpose === 'registration';
  return {
    ...common,
    name,
    username: user,
    begin: (scene, visitor, more) =>
      visitor.visit('/first-party/code', { ...asked, ...scene.captcha, ...more }),
    resend: (scene, visitor) => visitor.visit('/first-party/code', scene.captcha),
    obtain: (scene) => Promise.resolve({ code: scene.code(purpose) }),
    another: async (scene, visitor) => ({ code: await registrationCode(scene, visitor) }),
    arrange: (scene) => {
      scene.emulator.settings({ firstParty: { sessionTtl: 60 } });
    },
    // No longer than that: Salesforce takes no attestation of an app whose clock is far off.
    expire: (scene) => {
      scene.emulator.clock(61);
    },
    refusals: [
      { title: 'a wrong code', status: 401, finish: () => ({ code: '00000000' }) },
      ...protectionRefusals(purpose),
      ...siteRefusals.map((each) => ({
        ...each,
        makesUser: makesUser && each.code === 'app_not_approved',
      })),
    ],
    without: {},
  };
}

export const firstPartyFlows: readonly Flow[] = [
  {
    ...common,
    name: 'First-party, by password',
    isGoodTwice: true,
    username,
    obtain: () => Promise.resolve({ username, password }),
    another: async (scene, visitor) => ({ username, password: await headlessCode(scene, visitor) }),
    expire: (scene) => {
      scene.emulator.settings({ quirks: { enforceExpiredPasswords: true } });
      scene.changeAlice({ passwordExpired: true });
    },
    refusals: [
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
      ...siteRefusals,
    ],
    without: passwordFlows[0]?.without ?? {},
  },
  byCode('First-party, passwordless', { username }, 'passwordless', username),
  byCode(
    'First-party, registration',
    { ...newcomer, password: newcomersPassword },
    'registration',
    newcomer.email,
  ),
];
