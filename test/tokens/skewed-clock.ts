/** Milliseconds by which this process's clock is ahead. */
let ahead = 0;

const RealDate = globalThis.Date;

/** Imported before anything else, so that nobody holds on to the true clock. */
class SkewedDate extends RealDate {
  constructor(...parts: [] | ConstructorParameters<typeof Date>) {
    if (parts.length === 0) super(SkewedDate.now());
    else super(...parts);
  }
  static override now(): number {
    return RealDate.now() + ahead;
  }
}
globalThis.Date = SkewedDate as DateConstructor;

/** Puts the clock of this process ahead, or back by a negative number of milliseconds. */
export function setClockAhead(milliseconds: number): void {
  ahead = milliseconds;
}
