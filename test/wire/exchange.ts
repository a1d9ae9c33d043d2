import { readdirSync, readFileSync } from 'node:fs';

/** JSON as it stands in an exchange file; texts may hold placeholders such as `{site}`. */
export type Json = null | boolean | number | string | Json[] | { readonly [name: string]: Json };

/** One golden exchange: a request and its answer, with where the knowledge comes from and how sure it is. */
export interface Exchange {
  readonly title: string;
  readonly source: string;
  readonly evidence: string;
  /** Which default client asks; left out, the public one. */
  readonly as?: 'private';
  /** Exchanges that come before this one and yield what its placeholders stand for. */
  readonly after?: readonly string[];
  /** What the emulator is told to be before. */
  readonly world?: { readonly settings?: Json; readonly client?: Record<string, Json> };
  readonly build?: { readonly operation: string; readonly input?: Record<string, Json> };
  readonly request: {
    readonly method: 'GET' | 'POST';
    /** Path below the site, or an absolute URL. */
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly form?: Readonly<Record<string, string>>;
    readonly json?: Json;
  };
  /** Texts in slashes are patterns. */
  readonly response: {
    readonly status: number | string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly json?: Json;
    readonly text?: string;
  };
  /** Concrete values where the response has patterns; what the protocol code is given to read. */
  readonly sampleHeaders?: Readonly<Record<string, string>>;
  readonly sampleJson?: Json;
  readonly sample?: string;
  /** What the protocol code makes of the answer. */
  readonly reads?: { readonly value: Json } | { readonly error: string };
}

const folder = new URL('../../../test/wire/exchanges/', import.meta.url);

export function loadExchanges(): Map<string, Exchange> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return new Map(
    files.map((name) => [
      name.replace('.json', ''),
      JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Exchange,
    ]),
  );
}

const basic = (name: string, secret: string): string =>
  `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;

/** Values that follow from others, so that an exchange file can name them in one word. */
export function withDerived(values: Readonly<Record<string, string>>): Record<string, string> {
  const { username = '', password = '', identifier = '', otp = '', site = '' } = values;
  const { clientId = '', clientSecret = '' } = values;
  return {
    ...values,
    basic: basic(username, password),
    wrongBasic: basic(username, 'not-it-1'),
    clientBasic: basic(clientId, clientSecret),
    wrongClientBasic: basic(clientId, 'not-the-secret'),
    otpBasic: basic(identifier, otp),
    wrongOtpBasic: basic(identifier, 'wrong'),
    'site:encoded': encodeURIComponent(site),
  };
}

/** Puts values in place of placeholders; those without a value stay. */
export function fill<T extends Json | undefined>(template: T, values: Record<string, string>): T {
  const filled = (value: Json | undefined): Json | undefined => {
    if (typeof value === 'string') {
      return value.replace(/\{([\w:]+)\}/g, (whole, name: string) => values[name] ?? whole);
    }
    if (Array.isArray(value)) return value.map((each) => filled(each) ?? null);
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([name, each]) => [name, filled(each) ?? null]),
      );
    }
    return value;
  };
  return filled(template) as T;
}

/** RFC 7636, appendix B. */
export const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
export const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
export const uvid = '3f1c2b9e-6a54-4d2f-9b0e-7f2f6c1a8d10';
