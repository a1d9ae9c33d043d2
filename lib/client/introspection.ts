import { HeadlessError } from '../errors.js';
import {
  introspectRequest,
  readIntrospection,
  type Introspection,
  type TokenTypeHint,
} from '../protocol/introspect.js';
import { checkToken } from './arguments.js';
import type { ClientContext } from './context.js';

/** What `HeadlessClient.introspect` may be told beside the token. */
export interface IntrospectionOptions {
  /** Which kind of token it is. Salesforce finds out by itself. */
  readonly hint?: TokenTypeHint | undefined;
}

function checkHint(hint: unknown): TokenTypeHint | undefined {
  if (hint === undefined || hint === 'access_token' || hint === 'refresh_token') return hint;
  throw new HeadlessError('invalid_argument', {
    message: '`hint` must be `access_token` or `refresh_token`.',
  });
}

/** Asks Salesforce what a token is worth. */
export async function introspect(
  { settings, authentication, transport }: ClientContext,
  given: string,
  options: IntrospectionOptions,
): Promise<Introspection> {
  const token = checkToken(given, 'token');
  const hint = checkHint(options.hint);
  if (!authentication.isPrivate) {
    throw new HeadlessError('invalid_client', {
      message: 'Only a private client may introspect tokens.',
      hint: 'Give the client `clientSecret` or `privateKey`.',
    });
  }
  const { base } = settings.site;
  // Assertions name the token endpoint, whichever endpoint they go to: it stands for the server (RFC 7523, section 3).
  const proof = await authentication.prove(`${base}/services/oauth2/token`);
  const request = introspectRequest(base, { clientId: settings.clientId, proof, token, hint });
  return readIntrospection(request, await transport.send(request));
}
