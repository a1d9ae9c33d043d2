import { invalidSession } from '../headless/headless-call.js';
import { json, type Answer } from '../http/answer.js';
import { parameters, type SiteRequest } from '../http/site-request.js';
import { bearerToken, liveBearer } from '../oauth/bearer.js';
import type { World } from '../world/world.js';
import { withLimits } from './limits.js';

/**
 * `/services/data/vNN.0/query?q=`: the named user's records of the object after FROM; the rest of
 * the SOQL is not looked at. Guests cannot query (wire contract, login, section 8.5).
 */
export function query(request: SiteRequest, world: World): Answer {
  const user = liveBearer(bearerToken(request), world)?.user;
  if (user === undefined) return invalidSession('no live token of a named user');
  const object = /\bFROM\s+(\w+)/i.exec(parameters(request).get('q') ?? '')?.[1];
  if (object === undefined) {
    return json([{ message: 'unexpected token', errorCode: 'MALFORMED_QUERY' }], 400);
  }
  const name = Object.keys(user.records).find((key) => key.toLowerCase() === object.toLowerCase());
  const records = name === undefined ? [] : (user.records[name] ?? []);
  return withLimits(json({ totalSize: records.length, done: true, records }));
}
