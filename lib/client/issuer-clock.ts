/** Clocks that differ by less count as equal: the header `Date` is whole seconds, and an answer takes a while. */
const tolerance = 2_000;

/**
 * How Salesforce's clock differs from this machine's. Tokens end by Salesforce's; machines of one app whose own clocks
 * differ agree on the end of a token by it.
 */
export class IssuerClock {
  #ahead = 0;

  /** Milliseconds by which Salesforce's clock is ahead; zero where the difference is small or not known. */
  get ahead(): number {
    return this.#ahead;
  }

  /** Takes note of the header `Date` of an answer that has just come. */
  observe(date: string | undefined): void {
    const time = Date.parse(date ?? '');
    if (Number.isNaN(time)) return;
    // Half a second is what the header leaves out, on average.
    const ahead = time + 500 - Date.now();
    this.#ahead = Math.abs(ahead) < tolerance ? 0 : ahead;
  }
}
