import { createPublicKey } from 'node:crypto';
import {
  bool,
  dotted,
  listOf,
  merge,
  nullable,
  number,
  object,
  plainObject,
  text,
  textLike,
  WrongInput,
  type Check,
} from './check.js';

/**
 * An External Client App or Connected App, in Salesforce's metadata names (wire contract, login,
 * section 12.3). `...Timeout` and `...InMinutes` are minutes; fractions are allowed.
 */
export interface ClientRecord {
  /** Registered callbacks, compared byte for byte. `{site}` and `{origin}` are replaced when stored. */
  redirectUris: string[];
  scopes: string[];
  /** Consumer secret; null for a public client. Checked whenever one is sent. */
  secret: string | null;
  /** Off: the token call for a code must authenticate the client, if it has a secret or certificate. */
  isConsumerSecretOptional: boolean;
  /** On: a refresh must authenticate the client, if it has a secret or certificate. */
  isSecretRequiredForRefreshToken: boolean;
  isPkceRequired: boolean;
  isCodeCredFlowEnabled: boolean;
  isCodeCredPostOnly: boolean;
  isGuestCodeCredFlowEnabled: boolean;
  /** Named users get JWT access tokens; off: opaque ones. */
  isNamedUserJwtEnabled: boolean;
  isRefreshTokenRotationEnabled: boolean;
  isIntrospectAllTokens: boolean;
  isFirstPartyAppEnabled: boolean;
  isClientCredentialsEnabled: boolean;
  /** Username the client credentials flow runs as. */
  clientCredentialsUser: string | null;
  /** PEM text of a certificate or public key (RSA), at most 4 KB. */
  clientAssertionCertificate: string | null;
  /** Usernames that may log in; null is everyone, others get `invalid_app_access`. */
  preapprovedUsers: string[] | null;
  guestJwtTimeout: number;
  namedUserJwtTimeout: number;
  idTokenValidityInMinutes: number;
  /** `infinite`, `zero`, `specific_lifetime:n:UNIT` or `specific_inactivity:n:UNIT`; UNIT is HOURS, DAYS or MONTHS. */
  refreshTokenPolicyType: string;
}

/** What `PUT clients/:id` takes; a key left out takes its default. */
export type ClientInput = Partial<ClientRecord>;

/** A client as the emulator shows it: without secret and certificate. */
export type ClientView = Omit<ClientRecord, 'secret' | 'clientAssertionCertificate'> & {
  id: string;
  hasSecret: boolean;
  hasClientAssertionCertificate: boolean;
};

/** A client with its consumer key. */
export interface Client extends Readonly<ClientRecord> {
  readonly id: string;
}

const defaults: ClientRecord = {
  redirectUris: [],
  scopes: ['api', 'openid', 'refresh_token'],
  secret: null,
  isConsumerSecretOptional: true,
  isSecretRequiredForRefreshToken: false,
  isPkceRequired: false,
  isCodeCredFlowEnabled: true,
  isCodeCredPostOnly: false,
  isGuestCodeCredFlowEnabled: true,
  isNamedUserJwtEnabled: false,
  isRefreshTokenRotationEnabled: false,
  isIntrospectAllTokens: false,
  isFirstPartyAppEnabled: false,
  isClientCredentialsEnabled: false,
  clientCredentialsUser: null,
  clientAssertionCertificate: null,
  preapprovedUsers: null,
  guestJwtTimeout: 30,
  namedUserJwtTimeout: 30,
  idTokenValidityInMinutes: 2,
  refreshTokenPolicyType: 'infinite',
};

const certificate: Check<string> = (value, key) => {
  const pem = text(value, key);
  if (Buffer.byteLength(pem) > 4096) throw new WrongInput(key, 'must be at most 4 KB');
  let type: string | undefined;
  try {
    type = createPublicKey(pem).asymmetricKeyType;
  } catch {
    type = undefined;
  }
  if (type !== 'rsa' || pem.includes('PRIVATE')) {
    throw new WrongInput(key, 'must be PEM text of an RSA certificate or public key');
  }
  return pem;
};

const minutes = number(0);

const checkRecord: Check<ClientRecord> = object({
  redirectUris: listOf(text),
  scopes: listOf(textLike(/^\S+$/, 'a scope without blanks')),
  secret: nullable(textLike(/./, 'text that is not empty, or null')),
  isConsumerSecretOptional: bool,
  isSecretRequiredForRefreshToken: bool,
  isPkceRequired: bool,
  isCodeCredFlowEnabled: bool,
  isCodeCredPostOnly: bool,
  isGuestCodeCredFlowEnabled: bool,
  isNamedUserJwtEnabled: bool,
  isRefreshTokenRotationEnabled: bool,
  isIntrospectAllTokens: bool,
  isFirstPartyAppEnabled: bool,
  isClientCredentialsEnabled: bool,
  clientCredentialsUser: nullable(text),
  clientAssertionCertificate: nullable(certificate),
  preapprovedUsers: nullable(listOf(text)),
  guestJwtTimeout: minutes,
  namedUserJwtTimeout: minutes,
  idTokenValidityInMinutes: minutes,
  refreshTokenPolicyType: textLike(
    /^(?:infinite|zero|specific_(?:lifetime|inactivity):\d+:(?:HOURS|DAYS|MONTHS))$/,
    'infinite, zero, specific_lifetime:n:UNIT or specific_inactivity:n:UNIT (HOURS, DAYS, MONTHS)',
  ),
});

/** The client as it may be shown to people and programs. */
export function showClient(client: Client): ClientView {
  const { secret, clientAssertionCertificate, ...shown } = client;
  return {
    ...shown,
    hasSecret: secret !== null,
    hasClientAssertionCertificate: clientAssertionCertificate !== null,
  };
}

/** The apps registered in the org. */
export class Clients {
  private readonly byId = new Map<string, Client>();
  private readonly site: { readonly url: string; readonly origin: string };

  constructor(site: { readonly url: string; readonly origin: string }) {
    this.site = site;
  }

  /** Creates or replaces. Throws {@link WrongInput} naming the dotted key, which begins with `key`. */
  put(id: string, input: unknown, key = ''): Client {
    if (id === '') throw new WrongInput('id', 'must not be empty');
    dotted('', id);
    const record = checkRecord(merge(defaults, plainObject(input, key), key), key);
    const redirectUris = record.redirectUris.map((uri) =>
      uri.replaceAll('{site}', this.site.url).replaceAll('{origin}', this.site.origin),
    );
    const client = { ...record, redirectUris, id };
    this.byId.set(id, client);
    return client;
  }

  get(id: string): Client | undefined {
    return this.byId.get(id);
  }

  all(): Client[] {
    return [...this.byId.values()];
  }

  /** False when there was none. */
  delete(id: string): boolean {
    return this.byId.delete(id);
  }

  clear(): void {
    this.byId.clear();
  }
}
