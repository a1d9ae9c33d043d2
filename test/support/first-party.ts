import type { Emulator } from 'sf-headless-emulator';
import type { HeadlessClient, HeadlessClientOptions } from '../../lib/index.js';
import { selfSigned } from '../emulator/certificate.js';
import { clientFor } from './shop.js';

const { key, cert } = selfSigned();

/** What makes a client one of a first-party application. */
export const firstParty = {
  clientId: '3MVG9.first',
  clientSecret: 'first-secret',
  privateKey: key,
} as const;

/** Registers a first-party application with an emulator, as an administrator does by the Metadata API. */
export function registerFirstParty(
  emulator: Emulator,
  record: Parameters<Emulator['client']>[1] = {},
): void {
  emulator.client(firstParty.clientId, {
    redirectUris: ['http://localhost:3000/callback'],
    secret: firstParty.clientSecret,
    isConsumerSecretOptional: false,
    isFirstPartyAppEnabled: true,
    isPkceRequired: true,
    isNamedUserJwtEnabled: true,
    clientAssertionCertificate: cert,
    ...record,
  });
}

/** The client of that application. */
export function firstPartyClient(
  emulator: Emulator,
  options: Partial<HeadlessClientOptions> = {},
): HeadlessClient {
  return clientFor(emulator, { ...firstParty, ...options });
}

/** The calls of the challenge endpoint that an emulator has seen, as forms. */
export function challengeCalls(emulator: Emulator): URLSearchParams[] {
  return emulator
    .log()
    .filter(({ path }) => path.endsWith('/authorization_challenge'))
    .map(({ body }) => {
      if (!body.startsWith('{')) return new URLSearchParams(body);
      const members = Object.entries(JSON.parse(body) as Record<string, unknown>);
      return new URLSearchParams(
        members.map(([name, value]): [string, string] => [
          name,
          typeof value === 'string' ? value : JSON.stringify(value),
        ]),
      );
    });
}
