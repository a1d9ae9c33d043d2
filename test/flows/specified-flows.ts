import { firstPartyFlows } from './first-party.js';
import type { Flow } from './flow.js';
import { forgotPasswordFlows } from './forgot-password.js';
import { oneTimeCodeFlows } from './one-time-code.js';
import { pageFlows } from './page.js';
import { passwordFlows } from './password.js';
import { redirectFlows } from './redirect.js';
import { registrationFlows } from './registration.js';

/** Every flow that ends in a login, by the test that specifies it. */
export const specifiedFlows: Readonly<Record<string, readonly Flow[]>> = {
  'password.test.ts': passwordFlows,
  'one-time-code.test.ts': oneTimeCodeFlows,
  'registration.test.ts': registrationFlows,
  'forgot-password.test.ts': forgotPasswordFlows,
  'first-party.test.ts': firstPartyFlows,
  'redirect.test.ts': redirectFlows,
  'page.test.ts': pageFlows,
};
