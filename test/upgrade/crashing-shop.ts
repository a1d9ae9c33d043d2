import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Emulator } from 'sf-headless-emulator';
import { Accounts, type HookMoment } from './accounts.js';
import { openCartShop, type CartShop } from './cart-shop.js';
import { FileStore, type WriteWatcher } from './file-store.js';

/** Where the process is to be killed. */
export type KillPoint =
  | { readonly at: 'write'; readonly moment: 'before' | 'after'; readonly number: number }
  | { readonly at: 'hook'; readonly moment: HookMoment };

/** What the process that is to be killed is told at its start. */
export interface Orders {
  /** What outlives the process. */
  readonly folder: string;
  /** URL of the emulated site. */
  readonly site: string;
  readonly kill: KillPoint;
}

/** What it says: where it listens; after a login how many writes there were, if it still can. */
export type Report = { readonly origin: string } | { readonly writes: number };

/** Where a folder has its sessions and its accounts. */
export function sessionsOf(folder: string): string {
  return join(folder, 'sessions');
}

export function accountsOf(folder: string): Accounts {
  return new Accounts(join(folder, 'accounts'));
}

/** The shop over a folder that outlives it. */
export function openShopOver(
  folder: string,
  emulator: Pick<Emulator, 'url'>,
  watch?: { readonly write: WriteWatcher; readonly hook: (at: HookMoment) => void },
): Promise<CartShop> {
  const accounts = accountsOf(folder);
  for (const part of ['sessions', 'accounts']) mkdirSync(join(folder, part), { recursive: true });
  return openCartShop({
    emulator: emulator as Emulator,
    store: new FileStore(sessionsOf(folder), watch?.write),
    headless: {
      onUpgrade: (upgrade) => {
        accounts.merge(upgrade, watch?.hook);
      },
    },
  });
}
