/** A password reset that waits for its code. */
export interface PasswordReset {
  /** In lower case; of somebody or nobody. */
  readonly username: string;
  /** Of the newest code sent. */
  readonly identifier: string;
  /** False when the code went nowhere and must not be guessed either. */
  readonly delivered: boolean;
}

/**
 * Which code counts for whom: the two calls of forgot password share no identifier but the username
 * or login hint (wire contract, registration, section 4).
 */
export class PasswordResets {
  private readonly newest = new Map<string, PasswordReset>();
  private readonly usernames = new Map<string, string>();

  /** From now on only this code counts for the user. */
  start(reset: PasswordReset, loginHint: string | undefined): void {
    this.newest.set(reset.username, reset);
    if (loginHint !== undefined) this.usernames.set(loginHint.toLowerCase(), reset.username);
  }

  /** By username, case ignored. */
  ofUsername(username: string): PasswordReset | undefined {
    return this.newest.get(username.toLowerCase());
  }

  /** By the login hint that some reset was started with. */
  ofLoginHint(loginHint: string): PasswordReset | undefined {
    return this.newest.get(this.usernames.get(loginHint.toLowerCase()) ?? '');
  }

  clear(): void {
    this.newest.clear();
    this.usernames.clear();
  }
}
