/** A request the site has received. */
export interface LogEntry {
  /** Milliseconds since the epoch, by the emulator's clock. */
  readonly at: number;
  readonly method: string;
  /** As received, without the query. */
  readonly path: string;
  /** Raw text after the question mark; empty when there is none. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Raw text. */
  readonly body: string;
  /** Null while unanswered, which with some faults is for ever. */
  status: number | null;
  /** `1.0`, `1.1` or `2.0`. */
  readonly httpVersion: string;
}

/** Requests received, oldest first, and how many there were per endpoint. */
export class RequestLog {
  private readonly entries: LogEntry[] = [];
  private readonly counted = new Map<string, number>();

  /** Records a request; `endpoint` is its method and its path without site prefix. */
  add(entry: LogEntry, endpoint: string): void {
    this.entries.push(entry);
    this.counted.set(endpoint, (this.counted.get(endpoint) ?? 0) + 1);
  }

  list(): LogEntry[] {
    return [...this.entries];
  }

  /** Requests per method and path without site prefix, since start or the last reset. */
  counters(): Record<string, number> {
    return Object.fromEntries(this.counted);
  }

  /** Forgets the requests; the counters go on. */
  clear(): void {
    this.entries.length = 0;
  }

  /** Forgets requests and counters. */
  reset(): void {
    this.clear();
    this.counted.clear();
  }
}
