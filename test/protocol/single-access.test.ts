import assert from 'node:assert/strict';
import fc from 'fast-check';
import { HeadlessError } from '../../lib/errors.js';
import { pathInSite } from '../../lib/protocol/single-access.js';

const sites = ['https://acme.my.site.com/portal', 'https://acme.my.site.com'];

/** What makes paths dangerous, among what makes them ordinary. */
const piece = fc.oneof(
  fc.constantFrom(
    ...[
      '/',
      '//',
      '\\',
      '.',
      '..',
      '%2e',
      '%2E%2e',
      '%25',
      '%2f',
      '%5C',
      '%00',
      '%0d%0a',
      '%',
      '?',
      '#',
      '@',
    ],
    ...[':', ';', '&', '=', '\r', '\n', '\t', '\0', ' ', '\u2028', '\u202e', '\ud800', '／', '。'],
    ...['https:', 'HTTP://', 'javascript:', 'data:', 'evil.example', 'account', 'portal', 'ü'],
  ),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
);
const paths = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));

const pathOf = (place: string): string => place.split(/[?#]/)[0] ?? '';

/** As a careless server would: whatever looks encoded, byte by byte. */
function decodedOnce(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

describe('the place of a page in a site', () => {
  it('is inside the site, for every reader of URLs, whatever the path, or there is none', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.constantFrom(...sites), paths, (base, path) => {
        let place: string;
        try {
          place = pathInSite(base, path);
        } catch (error) {
          assert.ok(error instanceof HeadlessError && error.code === 'invalid_argument');
          return;
        }
        accepted += 1;
        const { origin, pathname: prefix } = new URL(base);
        assert.match(place, /^\/(?![/\\])[\x21-\x7e]*$/);
        const frontdoor = `${origin}/secur/frontdoor.jsp`;
        assert.ok(new URL(place, frontdoor).pathname.startsWith(prefix));
        for (let reading = pathOf(place), level = 0; level < 4; level += 1) {
          assert.equal(new URL(reading, frontdoor).origin, origin, reading);
          reading = decodedOnce(reading);
        }
      }),
      { numRuns: 5000 },
    );
    assert.ok(accepted > 500, `${accepted} paths were accepted`);
  });

  it('is below the prefix of the site, with a leading slash or without', () => {
    const [portal = '', root = ''] = sites;
    for (const path of ['account', '/account', './account', '/x/../account']) {
      assert.equal(pathInSite(portal, path), '/portal/account');
      assert.equal(pathInSite(root, path), '/account');
    }
    assert.equal(pathInSite(portal, ''), '/portal/');
    assert.equal(pathInSite(root, '?a=1'), '/?a=1');
  });

  for (const path of ['/%2f/x', '/a/%5cx', '/%252F%252Fevil.example', '/%25255cx', '/%2500']) {
    it(`is nowhere when decoding could make separators: ${path}`, () => {
      for (const base of sites) {
        assert.throws(
          () => pathInSite(base, path),
          (error: unknown) => error instanceof HeadlessError && error.code === 'invalid_argument',
        );
      }
    });
  }

  it('keeps query and fragment, in which everything may stand', () => {
    const [portal = ''] = sites;
    assert.equal(
      pathInSite(portal, '/s/search?to=https%3A%2F%2Fx&p=//y#//z'),
      '/portal/s/search?to=https%3A%2F%2Fx&p=//y#//z',
    );
  });
});
