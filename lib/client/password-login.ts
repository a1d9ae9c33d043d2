import { checkCredential } from './arguments.js';
import type { ClientContext } from './context.js';
import type { LoginInput, NamedLogin } from './inputs.js';
import { namedLogin } from './named-login.js';
import { readUser } from './user-argument.js';

/** Logs a customer in by a password and a username, or any identifier that the site's discovery handler knows. */
export async function passwordLogin(
  context: ClientContext,
  input: LoginInput,
): Promise<NamedLogin> {
  const { username, loginHint, customdata } = readUser(input);
  const secret = checkCredential(input.password, 'secret');
  const name = username ?? loginHint ?? '';
  return namedLogin(
    context,
    {
      flow: 'named-user',
      credentials: { name, secret },
      loginHint: loginHint !== undefined,
      customdata,
    },
    input,
  );
}
