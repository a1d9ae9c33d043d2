import { patchSettings, unprotectedFlows } from '../world/settings-check.js';
import type { Settings } from '../world/settings.js';
import type { World } from '../world/world.js';

/** The settings in force, with a warning when Setup would refuse them. */
export type SettingsAnswer = Settings & { warning?: string };

/**
 * `PATCH settings`: merged deeply, lists and scalars replaced. Throws {@link WrongInput} naming the
 * dotted key, and then nothing is applied.
 */
export function changeSettings(world: World, patch: unknown): SettingsAnswer {
  world.settings = patchSettings(world.settings, patch);
  const warning = unprotectedFlows(world.settings);
  return structuredClone({ ...world.settings, ...(warning !== undefined && { warning }) });
}
