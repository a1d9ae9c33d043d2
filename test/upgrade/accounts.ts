import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Upgrade } from '../../lib/index.js';
import { itemsOf } from './cart-shop.js';
import { writeWhole } from './file-store.js';

/** What an upgrade has put into an account. */
export interface Merge {
  readonly uvid: string;
  readonly user: string;
  readonly items: readonly string[];
}

/** Where a process may be told to die in the hook. */
export type HookMoment = 'at its start' | 'before it commits' | 'after it has committed';

/** The accounts of the app in files, one an upgrade: a second upgrade of the same id changes nothing. */
export class Accounts {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The upgrade hook. @param moment is told where in the hook it is. */
  merge(upgrade: Upgrade, moment: (at: HookMoment) => void = () => undefined): void {
    moment('at its start');
    const { upgradeId, uvid, user } = upgrade;
    const path = join(this.folder, `${upgradeId}.json`);
    if (!existsSync(path)) {
      const merge: Merge = { uvid, user: (user as { id: string }).id, items: itemsOf(upgrade) };
      writeWhole(path, JSON.stringify(merge), () => {
        moment('before it commits');
      });
    }
    moment('after it has committed');
  }

  /** Everything that upgrades have put into accounts. */
  merges(): Merge[] {
    return readdirSync(this.folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => JSON.parse(readFileSync(join(this.folder, name), 'utf8')) as Merge);
  }
}
