/** The emulator's own time: the machine's, plus what control calls have advanced it by. */
export class Clock {
  private offset = 0;

  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now() + this.offset;
  }

  /** Moves time forward by seconds; everything that has a time moves with it. */
  advance(seconds: number): void {
    this.offset += seconds * 1000;
  }

  /** Back to the machine's time. */
  reset(): void {
    this.offset = 0;
  }
}
