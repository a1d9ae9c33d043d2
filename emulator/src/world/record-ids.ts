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

/** The 18-character id of the n-th user, counted from 0 (key prefix `005`). */
export function userRecordId(n: number): string {
  return longRecordId(`005xx000001${n.toString(36).padStart(4, 'S0')}`);
}
