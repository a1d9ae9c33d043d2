import { isError } from '../errors.js';
import type { Fields } from '../protocol/answer.js';
import { readUserinfo, userinfoRequest } from '../protocol/userinfo.js';
import type { HintSpelling, Visitor } from '../protocol/uvid.js';
import { checkVisitor, uvidOf, type VisitorArgument } from './arguments.js';
import type { ClientContext } from './context.js';
import type { Exchanged, FlowInput, Hint } from './exchange.js';
import { namedIdentity } from './identity.js';
import type { NamedLogin } from './inputs.js';
import type { Settings } from './options.js';

/** Second-hand knowledge pairs a plain id with the body and a token with the header (wire contract, login, section 11). */
export function spellingFor(
  visitor: Visitor,
  { in: place, prefix }: Exclude<Settings['namedHint'], false>,
): HintSpelling {
  return { in: place ?? ('guestToken' in visitor ? 'header' : 'body'), prefix };
}

/** A visitor hint that Salesforce refuses must not cost the login: no code was issued, so it may be sent once more. */
async function withOrWithout(context: ClientContext, input: FlowInput, hint: Hint | undefined) {
  const { exchange, settings } = context;
  try {
    return { exchanged: await exchange.run(input, hint), sentHint: hint !== undefined };
  } catch (error) {
    const isHintAlone = isError(error, 'uvid_refused');
    if (hint === undefined || !isHintAlone || !settings.retryWithoutHint) throw error;
    return { exchanged: await exchange.run(input, undefined), sentHint: false };
  }
}

/** A login of a customer by one of the headless flows: authorize, token, and userinfo when the client is told to. */
export async function namedLogin(
  context: ClientContext,
  input: FlowInput,
  argument: VisitorArgument,
): Promise<NamedLogin> {
  const visitor = checkVisitor(argument);
  const { scope, namedHint } = context.settings;
  const hint =
    visitor === undefined || namedHint === false
      ? undefined
      : { visitor, spelling: spellingFor(visitor, namedHint) };
  const { exchanged, sentHint } = await withOrWithout(context, { scope, ...input }, hint);
  const uvid = visitor && (argument.uvid ?? uvidOf(visitor));
  return finishNamedLogin(context, exchanged, {
    uvid,
    sentUvid: sentHint ? uvid : undefined,
    uvidRefused: hint !== undefined && !sentHint,
  });
}

/** The visitor of a login: who was meant, and who was sent. */
interface LoginVisitor {
  readonly uvid: string | undefined;
  readonly sentUvid: string | undefined;
  readonly uvidRefused: boolean;
}

/** The end of every login of a customer, whichever way its tokens came. */
export async function finishNamedLogin(
  context: ClientContext,
  { answer, claims, tokens, tokenBase }: Exchanged,
  { uvid, sentUvid, uvidRefused }: LoginVisitor,
): Promise<NamedLogin> {
  const userinfo = context.settings.userinfo
    ? await askUserinfo(context, tokenBase, answer.accessToken)
    : undefined;
  const identity = namedIdentity(claims, userinfo, sentUvid);
  return { identity, tokens, uvid, uvidRefused };
}

/** The claims that the userinfo endpoint has about the user of a token. */
export async function askUserinfo(
  { transport }: ClientContext,
  base: string,
  accessToken: string,
): Promise<Fields> {
  const request = userinfoRequest(base, accessToken);
  return readUserinfo(request, await transport.send(request));
}
