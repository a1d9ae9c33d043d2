import { issueAccessToken } from '../oauth/access-token.js';
import { splitScopes } from '../oauth/scopes.js';
import { object, text, WrongInput } from '../world/check.js';
import type { World } from '../world/world.js';

/** Whom `POST tokens` makes a token for. */
export interface TokenOrder {
  readonly client: string;
  readonly username: string;
  /** Separated by blanks; need not be on the app. */
  readonly scope: string;
}

const checkOrder = object({ client: text, username: text, scope: text });

/** `POST tokens`: an access token without any flow. Throws {@link WrongInput}. */
export async function issueToken(world: World, input: unknown): Promise<{ access_token: string }> {
  const order = checkOrder(input, '');
  const client = world.clients.get(order.client);
  if (client === undefined) throw new WrongInput('client', 'unknown client');
  const user = world.users.get(order.username);
  if (user === undefined) throw new WrongInput('username', 'unknown user');
  const token = await issueAccessToken(
    {
      client,
      scopes: splitScopes(order.scope),
      userId: user.userId,
      uvid: undefined,
      approval: undefined,
    },
    world,
  );
  return { access_token: token.value };
}
