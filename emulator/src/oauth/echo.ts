import { json, type Answer } from '../http/answer.js';
import { queryParameters, type SiteRequest } from '../http/site-request.js';

/**
 * `GET /services/oauth2/echo`: the parameters of the callback as JSON; status 400 when they are an
 * error (wire contract, login, section 3).
 */
export function echo(request: SiteRequest): Answer {
  const all = queryParameters(request);
  const error = all.get('error');
  if (error === undefined) return json(Object.fromEntries(all));
  const description = all.get('error_description');
  return json(
    { error, ...(description !== undefined && { error_description: description }) },
    400,
    'the callback carries an error',
  );
}
