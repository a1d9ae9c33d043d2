import { appRefusals, clientRefusal } from './app-refusals.js';
import { headlessCode, protectionRefusals } from './begin.js';
import type { Flow, Refusal } from './flow.js';
import type { Form } from './visitor.js';

const username = 'alice@example.com';
const chosen = { count: 0 };

/** No password twice: Salesforce takes none of the last ones again. */
function newPassword(): string {
  chosen.count += 1;
  return `New-Kite-${String(chosen.count)}`;
}

const resetRefusals: readonly Refusal[] = [
  {
    title: 'a wrong code',
    status: 401,
    code: 'invalid_code',
    finish: () => ({ code: '00000000' }),
  },
  {
    title: 'a new password that is too weak',
    status: 400,
    code: 'password_policy',
    finish: () => ({ newPassword: 'short' }),
  },
  {
    title: 'a new password that is the old one',
    status: 400,
    code: 'password_policy',
    finish: () => ({ newPassword: 'Passw0rd!' }),
  },
  {
    title: 'a user who does not exist',
    status: 401,
    code: 'invalid_code',
    begin: { username: 'nobody@example.com', login_hint: '' },
  },
  ...protectionRefusals('forgotPassword'),
  ...appRefusals,
  clientRefusal,
];

function reset(of: Pick<Flow, 'name' | 'proof' | 'arrange'>, asked: Form): Flow {
  return {
    ...of,
    clients: ['public', 'private'],
    flow: 'password',
    username,
    carriesVisitor: true,
    isGoodTwice: true,
    begin: (scene, visitor, more) =>
      visitor.visit('/forgotten', { ...asked, ...scene.captcha, ...more }),
    resend: (scene, visitor) => visitor.visit('/forgotten', scene.captcha),
    obtain: (scene) =>
      Promise.resolve({ code: scene.code('forgotPassword'), newPassword: newPassword() }),
    finish: (visitor, entered) => visitor.visit('/forgotten/login', entered),
    another: async (scene, visitor) => ({
      code: await headlessCode(scene, visitor),
      newPassword: newPassword(),
    }),
    expire: (scene) => {
      scene.emulator.clock(86_401);
    },
    refusals: resetRefusals,
    without: {},
  };
}

export const forgotPasswordFlows: readonly Flow[] = [
  reset({ name: 'Forgot password', proof: 'secret in the body' }, { username }),
  reset(
    {
      name: 'Forgot password, by any identifier',
      proof: 'secret in a Basic header',
      arrange: (scene) => {
        scene.emulator.settings({
          forgotPassword: { discovery: true },
          login: { discovery: true },
        });
      },
    },
    { login_hint: '+12025550101' },
  ),
];
