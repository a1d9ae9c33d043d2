import { createHash } from 'node:crypto';
import { randomBase62 } from './random.js';

/** The org every emulator plays; made up in the wire contract, login, section 0.4. */
export const organizationId = '00Dxx0000001gPLEAY';

const suffixAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';

/**
 * The 18-character form of a 15-character record id: three characters are added, each of which
 * says which of five characters are capitals.
 */
function longRecordId(id: string): string {
  let suffix = '';
  for (let start = 0; start < 15; start += 5) {
    let capitals = 0;
    for (let place = 0; place < 5; place += 1) {
      if (/[A-Z]/.test(id.charAt(start + place))) capitals += 2 ** place;
    }
    suffix += suffixAlphabet.charAt(capitals);
  }
  return id + suffix;
}

/** What a user id has after its key prefix, which is `005`. */
const bodyLength = 12;

/**
 * The 18-character id of a user whom the emulator starts with: by the username, so that a database
 * that outlives the emulator still knows this user, whoever else there is.
 */
export function startingUserId(username: string): string {
  const hash = createHash('sha256').update(username.toLowerCase()).digest('hex');
  return longRecordId(`005${hash.slice(0, bodyLength)}`);
}

/**
 * The 18-character id of a user made later: another one each time, so that what a database has kept
 * of users of an earlier run is nobody's in this one.
 */
export function newUserId(): string {
  return longRecordId(`005${randomBase62(bodyLength)}`);
}
