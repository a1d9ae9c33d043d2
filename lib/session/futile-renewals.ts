/** How long (milliseconds) the tokens of a session are not renewed again after a renewal that was of no use. */
const pauseAfterFutile = 10_000;
const mostRemembered = 10_000;

/**
 * Sessions whose token was refused, renewed, and refused again: an API that refuses a user, or any token, must not have
 * every call renew the tokens. Remembered by this process alone, for a short time.
 */
export class FutileRenewals {
  private readonly until = new Map<string, number>();

  /** A token that had just been renewed was refused as well. */
  note(sessionId: string): void {
    const now = Date.now();
    // In a map the oldest come first.
    for (const [id, end] of this.until) {
      if (end > now && this.until.size < mostRemembered) break;
      this.until.delete(id);
    }
    this.until.delete(sessionId);
    this.until.set(sessionId, now + pauseAfterFutile);
  }

  /** Whether another renewal would be as futile as the last one. */
  has(sessionId: string): boolean {
    return (this.until.get(sessionId) ?? 0) > Date.now();
  }
}
