import type { Clock } from './clock.js';
import { randomBase62 } from './random.js';

/** Things that are fetched once, under a random key, within some seconds of the emulator's clock. */
export class SingleUse<T> {
  private readonly clock: Clock;
  private readonly seconds: number;
  private readonly kept = new Map<string, { readonly thing: T; readonly expiresAt: number }>();

  constructor(clock: Clock, seconds: number) {
    this.clock = clock;
    this.seconds = seconds;
  }

  /** Keeps a thing; its key is made of letters and digits. */
  issue(thing: T): string {
    const key = randomBase62(43);
    this.kept.set(key, { thing, expiresAt: this.clock.now() + this.seconds * 1000 });
    return key;
  }

  /** The thing, unless the key is unknown, used or too old. */
  find(key: string): T | undefined {
    const found = this.kept.get(key);
    return found !== undefined && this.clock.now() < found.expiresAt ? found.thing : undefined;
  }

  /** The thing; from now on the key is used. */
  take(key: string): T | undefined {
    const thing = this.find(key);
    this.kept.delete(key);
    return thing;
  }

  clear(): void {
    this.kept.clear();
  }
}
