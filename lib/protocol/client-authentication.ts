import { basicCredentials } from './basic.js';

/** How an app proves at the token endpoint that it is itself, in the words of OpenID Connect. */
export type ClientCredentials =
  | { readonly method: 'none' }
  | {
      readonly method: 'client_secret_post' | 'client_secret_basic';
      readonly secret: string;
    }
  | {
      readonly method: 'private_key_jwt';
      /** A JWT made for this one call (RFC 7523, section 2.2). */
      readonly assertion: string;
    };

/** What a proof adds to a call. */
export interface ClientProof {
  readonly headers: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Form encoding, as RFC 6749 (section 2.3.1) asks for both halves of a client's Basic header. */
function formEncoded(text: string): string {
  return new URLSearchParams({ text }).toString().slice('text='.length);
}

/**
 * What a client's call carries beside its own parameters: nothing for a public client, or one of the three methods that
 * live sites list in their metadata (wire contract, first-party, 13.1).
 */
export function clientProof(clientId: string, credentials: ClientCredentials): ClientProof {
  switch (credentials.method) {
    case 'none':
      return { headers: {}, parameters: {}, secrets: [] };
    case 'client_secret_post':
      return {
        headers: {},
        parameters: { client_secret: credentials.secret },
        secrets: [credentials.secret],
      };
    case 'client_secret_basic': {
      const authorization = basicCredentials(
        formEncoded(clientId),
        formEncoded(credentials.secret),
      );
      return { headers: { authorization }, parameters: {}, secrets: [credentials.secret] };
    }
    case 'private_key_jwt':
      return {
        headers: {},
        parameters: {
          client_assertion_type: jwtBearer,
          client_assertion: credentials.assertion,
        },
        secrets: [credentials.assertion],
      };
  }
}
