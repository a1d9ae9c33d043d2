import assert from 'node:assert/strict';
import { readWebSession } from '../../lib/protocol/hybrid.js';

describe('the web sessions of a token answer', () => {
  it('are none when the answer has none', () => {
    assert.equal(readWebSession({ access_token: 'x', csrf_token: 5, content_sid: '' }), undefined);
  });

  it('are read in both spellings of the documents', () => {
    const one = readWebSession({
      sidCookieName: 'sid',
      'cookie-clientSrc': 'source',
      lightning_sid: 's',
      csrf_token: 't',
    });
    const other = readWebSession({
      sidCookieName: 'sid',
      'cookie-ClientSrc': 'source',
      lightning_sid: 's',
      crsf_token: 't',
    });
    assert.deepEqual(one, other);
    assert.equal(one?.clientSrc, 'source');
    assert.equal(one.lightning?.csrfToken, 't');
  });

  it('are each for the host that the answer names', () => {
    const session = readWebSession({
      content_sid: 'c',
      content_domain: 'acme.file.force.com',
      visualforce_sid: 'v',
      lightning_domain: 'without.a.session',
    });
    assert.deepEqual(session?.content, { sid: 'c', domain: 'acme.file.force.com' });
    assert.deepEqual(session.visualforce, { sid: 'v', domain: undefined });
    assert.equal(session.lightning, undefined);
  });
});
