import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { PrivateKeys, type PrivateKeySource } from './private-keys.js';

/** Seconds an assertion is good for; Salesforce's practice is three minutes at most (wire contract, first-party, 3.3). */
const lifetime = 120;

/** The JWTs by which a client proves that it holds a key whose certificate Salesforce has (RFC 7523). */
export class ClientAssertions {
  readonly #keys: PrivateKeys;

  constructor(source: PrivateKeySource) {
    this.#keys = new PrivateKeys(source);
  }

  /**
   * An assertion for one call, RS256, with an id that is never used again: Salesforce refuses a second use.
   *
   * @param subject the client id, or the username in whose name a token is asked for.
   * @throws {HeadlessError} `client_key_unusable` when the key cannot be had or read.
   */
  async sign(issuer: string, subject: string, audience: string, extra: object = {}) {
    const { key, keyId } = await this.#keys.current();
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ ...extra })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) })
      .setIssuer(issuer)
      .setSubject(subject)
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(now + lifetime)
      .setJti(randomUUID())
      .sign(key);
  }
}
