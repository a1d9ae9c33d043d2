import type { Clock } from './clock.js';
import { randomCodeText } from './random.js';

/** What an authorization code stands for. Exactly one of `userId` (named) and, alone, `uvid` (guest) leads. */
export interface CodeGrant {
  readonly clientId: string;
  /** Where the code was sent; undefined for a code of the challenge endpoint, which sends nobody anywhere. */
  readonly redirectUri: string | undefined;
  readonly scopes: readonly string[];
  /** The named user; undefined for a guest. */
  readonly userId: string | undefined;
  /** The visitor: the guest itself, or the hint a named login carried. */
  readonly uvid: string | undefined;
  readonly codeChallenge: string | undefined;
  readonly nonce: string | undefined;
  /** Which endpoint made the code; a wrong verifier is answered differently. */
  readonly issuedBy: 'authorize' | 'challenge';
}

interface IssuedCode {
  readonly grant: CodeGrant;
  readonly expiresAt: number;
  used: boolean;
}

/** Authorization codes: single use, `codeTtl` seconds (wire contract, login, section 2.2). */
export class AuthorizationCodes {
  private readonly clock: Clock;
  private readonly issued = new Map<string, IssuedCode>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** A new code, shaped like real ones: `aPrx`, dots and underscores, `==` at the end. */
  issue(grant: CodeGrant, ttl: number): string {
    const code = `aPrx${randomCodeText(60)}==`;
    this.issued.set(code, { grant, expiresAt: this.clock.now() + ttl * 1000, used: false });
    return code;
  }

  /** The grant of a code, `spent` when it was used or is too old, undefined when it never was. */
  find(code: string): CodeGrant | 'spent' | undefined {
    const issued = this.issued.get(code);
    if (issued === undefined) return undefined;
    return issued.used || this.clock.now() >= issued.expiresAt ? 'spent' : issued.grant;
  }

  /** From now on the code is spent. */
  use(code: string): void {
    const issued = this.issued.get(code);
    if (issued !== undefined) issued.used = true;
  }

  clear(): void {
    this.issued.clear();
  }
}
