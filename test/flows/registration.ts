import type { LoginRequest, RegistrationRequest } from '../../lib/index.js';
import { appRefusals, clientRefusal } from './app-refusals.js';
import { headlessCode, newcomer, newcomersPassword, protectionRefusals } from './begin.js';
import type { Flow, Refusal } from './flow.js';
import type { Form } from './visitor.js';

/** The app's own reader: the standing one knows no phone. */
function withPhone(req: LoginRequest): RegistrationRequest {
  const form = req.body as Partial<Record<string, string>>;
  const { lastName, email, username = email, password, mobilePhone } = form;
  const recaptcha = form['recaptcha'] === '' ? undefined : form['recaptcha'];
  if (email === undefined) return { recaptcha };
  return {
    userdata: { lastName, email, username },
    customdata: { mobilePhone },
    password,
    method: 'sms',
    recaptcha,
  };
}

const registrationRefusals: readonly Refusal[] = [
  { title: 'a wrong code', status: 401, finish: () => ({ code: '00000000' }) },
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
  ...appRefusals.map((each) => ({ ...each, makesUser: each.code === 'app_not_approved' })),
  { ...clientRefusal, makesUser: true },
];

function registration(
  of: Pick<Flow, 'name' | 'proof' | 'shop'>,
  asked: Form,
  lifetime: number,
): Flow {
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

/** The reader that an app gets without asking checks the form. */
function withStandingForm(flow: Flow): Flow {
  const incomplete: Refusal = {
    title: 'a form without a name',
    at: 'begin',
    status: 400,
    code: 'invalid_fields',
    begin: { lastName: '' },
  };
  return { ...flow, refusals: [incomplete, ...flow.refusals] };
}

export const registrationFlows: readonly Flow[] = [
  withStandingForm(
    registration({ name: 'Registration, by email', proof: 'secret in the body' }, {}, 86_401),
  ),
  registration(
    {
      name: 'Registration, by SMS',
      proof: 'private key',
      shop: { registration: { registration: withPhone } },
    },
    { method: 'sms', mobilePhone: '+12025550143' },
    901,
  ),
];
