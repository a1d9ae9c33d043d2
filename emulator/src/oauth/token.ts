import type { Answer } from '../http/answer.js';
import { parameters, type SiteRequest } from '../http/site-request.js';
import type { World } from '../world/world.js';
import { clientCredentials } from './client-credentials.js';
import { jwtBearer } from './jwt-bearer.js';
import { redeemCode } from './redeem-code.js';
import { refresh } from './refresh.js';
import { Refused, refusal } from './refusals.js';

/** One value of `grant_type`. Throws `Refused`. */
type Grant = (request: SiteRequest, world: World) => Promise<Answer>;

const grants: ReadonlyMap<string, Grant> = new Map([
  ['authorization_code', redeemCode],
  ['hybrid_auth_code', redeemCode],
  ['refresh_token', refresh],
  ['hybrid_refresh', refresh],
  ['client_credentials', clientCredentials],
  ['urn:ietf:params:oauth:grant-type:jwt-bearer', jwtBearer],
]);

/** `POST /services/oauth2/token` (wire contract, login, sections 4 and 5.1). */
export async function token(request: SiteRequest, world: World): Promise<Answer> {
  try {
    const grant = grants.get(parameters(request).get('grant_type') ?? '');
    if (grant === undefined) {
      throw new Refused('unsupported_grant_type', 'grant type not supported');
    }
    return await grant(request, world);
  } catch (error) {
    if (error instanceof Refused) return refusal(error);
    throw error;
  }
}
