import { number, object } from '../world/check.js';
import type { World } from '../world/world.js';

/** Seconds, about three thousand years. */
const farthest = 100_000_000_000;

const checkInput = object({ advance: number(0, farthest) });

/** `POST clock`: moves the emulator's time forward by seconds; answers it in milliseconds. */
export function advanceClock(world: World, input: unknown): { now: number } {
  world.clock.advance(checkInput(input, '').advance);
  return { now: world.clock.now() };
}
