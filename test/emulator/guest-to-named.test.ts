import assert from 'node:assert/strict';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { oauthError, part, Site, textOf, uuid } from './browserless.js';

describe('emulator: guest to named user', () => {
  let emulator: Emulator;
  let site: Site;

  before(async () => {
    emulator = await startEmulator();
    site = new Site(emulator);
  });
  afterEach(() => emulator.reset());
  after(() => emulator.close());

  it('puts the visitor id into the named JWT, from header or body, with or without prefix, bare or as guest token', async () => {
    const uvid = uuid();
    const guest = await site.guestToken(uvid);
    for (const hint of [uvid, `UVID ${uvid}`, guest, `JWT ${guest}`]) {
      for (const [form, headers] of [
        [{ uvid_hint: hint }, {}],
        [{}, { 'uvid-hint': hint }],
      ] as const) {
        const reply = await site.login(form, headers);
        assert.equal(part(textOf(reply, 'access_token'), 1)['uvid'], uvid);
      }
    }
  });

  it('has no such claim without a hint', async () => {
    assert.equal('uvid' in part(textOf(await site.login(), 'access_token'), 1), false);
  });

  it('answers uvid invalid to a malformed hint, and makes no code', async () => {
    for (const hint of [
      'nonsense',
      `UVID ${uuid()}x`,
      'JWT a.b.c',
      'c232ab00-9414-11ec-b3c8-9f6bdeced846',
    ]) {
      const reply = await site.named({}, { 'uvid-hint': hint });
      assert.deepEqual(oauthError(reply), [400, 'invalid_request', 'uvid invalid']);
    }
  });

  it('drops the hint silently for opaque tokens', async () => {
    emulator.client('opaque', { redirectUris: [site.echo] });
    const reply = await site.login({ client_id: 'opaque' }, { 'uvid-hint': uuid() });
    assert.equal(textOf(reply, 'token_format'), 'opaque');
  });

  it('names the claim as quirks.uvidClaimName says, and leaves it out for null', async () => {
    emulator.settings({ quirks: { uvidClaimName: 'visitor_id' } });
    const named = part(textOf(await site.login({}, { 'uvid-hint': uuid() }), 'access_token'), 1);
    assert.equal(typeof named['visitor_id'], 'string');
    assert.equal('uvid' in named, false);
    emulator.settings({ quirks: { uvidClaimName: null } });
    const dropped = part(textOf(await site.login({}, { 'uvid-hint': uuid() }), 'access_token'), 1);
    const names = Object.keys(dropped).filter((name) => /uvid|visitor|null/.test(name));
    assert.deepEqual(names, []);
  });
});
