import { number, object } from '../world/check.js';
import type { World } from '../world/world.js';

const checkInput = object({ advance: number(0) });

/** `POST clock`: moves the emulator's time forward by seconds; answers it in milliseconds. */
export function advanceClock(world: World, input: unknown): { now: number } {
  world.clock.advance(checkInput(input, '').advance);
  return { now: world.clock.now() };
}
