import assert from 'node:assert/strict';
import fc from 'fast-check';
import { safeReturnTo } from '../../lib/strategies/return-to.js';

describe('returnTo', () => {
  it('is no way out, known or unknown', () => {
    const out = ['//e', '/\\e', '\\e', 'https://e', 'javascript:x', 'e', '', ' /e', '/.//e'];
    const more = [
      '/a/..//e',
      '/\t/e',
      '/\n/e',
      '/%0a/\r',
      '/a\u0000',
      '/x\u0085',
      undefined,
      ['/'],
    ];
    for (const text of [...out, ...more]) assert.equal(safeReturnTo(text), undefined, String(text));
    for (const text of ['/', '/a?b=//c#d', '/a//b', '/@e', '/a:b']) {
      assert.equal(safeReturnTo(text), text);
    }
    const piece = fc.constantFrom('/', '\\', '.', '..', '//', '\t', '%2f', ':', '@', 'e', 'http:');
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((pieces) => pieces.join('')),
      fc.array(piece).map((pieces) => `/${pieces.join('')}`),
    );
    fc.assert(
      fc.property(text, (given) => {
        const safe = safeReturnTo(given);
        if (safe === undefined) return;
        assert.match(safe, /^\/(?!\/)[\x21-\x7e]*$/);
        for (const base of ['https://app.example', 'https://app.example/a/b/']) {
          assert.equal(new URL(safe, base).origin, 'https://app.example');
          assert.doesNotMatch(new URL(safe, base).pathname, /^\/\//);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
