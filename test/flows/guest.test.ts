import assert from 'node:assert/strict';
import { startEmulator, type ClientInput, type Emulator } from 'sf-headless-emulator';
import { later } from './later.js';
import { readCallback, sendAsPage } from './page-call.js';
import { FlowScene } from './scene.js';
import type { Form, Reply, Visitor } from './visitor.js';

const versionFour = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const alice = { username: 'alice@example.com', password: 'Passw0rd!' };
const aGuestToken = /eyJ[\w-]{8,}\.[\w-]{8,}/;

/** What can be wrong when the app asks for a guest. */
const refusals: readonly (readonly [string, ClientInput, string])[] = [
  ['guests switched off', { isGuestCodeCredFlowEnabled: false }, 'flow_disabled'],
  ['a scope that the app does not have', { scopes: ['web'] }, 'invalid_scope'],
  [
    'a redirect URI that is not registered',
    { redirectUris: ['http://localhost:3000/elsewhere'] },
    'redirect_uri_mismatch',
  ],
];

for (const kind of ['public', 'private'] as const) {
  describe(`Guest, by a ${kind} client`, () => {
    let emulator: Emulator;
    let scene: FlowScene;
    before(async () => {
      emulator = await startEmulator();
    });
    after(async () => {
      await emulator.close();
    });
    beforeEach(async () => {
      scene = await FlowScene.open({ proof: 'secret in a Basic header' }, kind, emulator);
    });
    afterEach(async () => {
      await scene.close();
      emulator.reset();
    });

    const guest = (visitor: Visitor): Promise<Reply> => visitor.visit('/guest', {});
    /** A browser with a session and without a guest. */
    async function withSession(): Promise<Visitor> {
      const visitor = scene.visitor();
      await visitor.visit('/sso');
      return visitor;
    }
    const callsTo = (path: string): number =>
      emulator.log().filter((call) => call.path.endsWith(path)).length;
    async function isNobody(visitor: Visitor): Promise<void> {
      const { body } = await visitor.visit('/me');
      assert.deepEqual([body.authenticated, body.guest], [false, undefined]);
    }
    const begin = (visitor: Visitor): Promise<Reply> => visitor.visit('/page/guest/echo', {});
    const callback = async (begun: Reply): Promise<Form> =>
      readCallback(await sendAsPage(begun, {}));

    describe('from the server', () => {
      it('gives a visitor an id, which is no login', async () => {
        const visitor = scene.visitor();
        const { status, body } = await guest(visitor);
        assert.equal(status, 200);
        assert.match(body.guest?.uvid ?? '', versionFour);
        const me = (await visitor.visit('/me')).body;
        assert.deepEqual(me.guest, body.guest);
        assert.deepEqual([me.authenticated, me.user, me.identity], [false, undefined, undefined]);
      });

      it('takes a double submit for one', async () => {
        const visitor = await withSession();
        const replies = await Promise.all(Array.from({ length: 5 }, () => guest(visitor)));
        assert.equal(new Set(replies.map(({ body }) => body.guest?.uvid)).size, 1);
        assert.equal(callsTo('/token'), 1);
      });

      it('gives another browser another guest', async () => {
        const [one, other] = [await scene.guest(), await scene.guest()];
        assert.notEqual(one.uvid, other.uvid);
      });

      it('renews what has expired with the same id', async () => {
        const { visitor, uvid } = await scene.guest();
        const calls = callsTo('/token');
        const { body } = await later(1_801, () => guest(visitor));
        assert.equal(body.guest?.uvid, uvid);
        assert.equal(callsTo('/token'), calls + 1);
      });

      for (const [title, app, code] of refusals) {
        it(`reports ${title}: ${code}, 503, and works once it is mended`, async () => {
          scene.changeApp(app);
          const visitor = await withSession();
          const { status, body } = await guest(visitor);
          assert.deepEqual([status, body.code, body.fault], [503, code, 'configuration']);
          await isNobody(visitor);
          scene.changeApp({});
          assert.equal((await guest(visitor)).status, 200);
        });
      }

      it('reports a broken connection in any call, and works the next time', async () => {
        for (const path of ['POST /services/oauth2/authorize', 'POST /services/oauth2/token']) {
          for (const after of [false, true]) {
            const visitor = await withSession();
            emulator.faults([{ match: path, fault: 'reset', after }]);
            const { status, body } = await guest(visitor);
            assert.deepEqual([status, body.fault], [503, 'network'], path);
            await isNobody(visitor);
            emulator.faults([]);
            assert.equal((await guest(visitor)).status, 200);
          }
        }
      });

      it('shows no token to the browser, in a URL or in the store', async () => {
        const { visitor } = await scene.guest();
        for (const { text } of visitor.answers) assert.doesNotMatch(text, aGuestToken);
        for (const { query } of emulator.log()) assert.equal(query, '');
        assert.doesNotMatch(scene.stored(), aGuestToken);
      });
    });

    describe('from the page', () => {
      it('ends with the visitor that the page has told Salesforce', async () => {
        const visitor = scene.visitor();
        const begun = await begin(visitor);
        const { status, body } = await visitor.visit('/page/guest', await callback(begun));
        assert.equal(status, 200);
        const uvid = body.guest?.uvid ?? '';
        assert.match(uvid, versionFour);
        assert.ok(begun.text.includes(uvid));
        const login = await visitor.visit('/login', alice);
        assert.deepEqual([login.body.upgrade?.status, login.body.upgrade?.uvid], ['linked', uvid]);
      });

      it('takes one of two callbacks that come at once', async () => {
        const visitor = scene.visitor();
        const fields = await callback(await begin(visitor));
        const replies = await Promise.all([
          visitor.send('/page/guest', fields),
          visitor.send('/page/guest', fields),
        ]);
        assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 403]);
        assert.equal(callsTo('/token'), 1);
      });

      it('refuses another flow’s callback, another browser and a replay', async () => {
        const visitor = scene.visitor();
        const named = await visitor.visit('/page/password/echo', {});
        const ofNamed = await readCallback(await sendAsPage(named, alice));
        assert.equal((await visitor.visit('/page/guest', ofNamed)).status, 403);
        const fields = await callback(await begin(visitor));
        const stranger = await withSession();
        assert.equal((await stranger.visit('/page/guest', fields)).status, 403);
        await isNobody(stranger);
        assert.equal((await visitor.visit('/page/guest', fields)).status, 200);
        assert.equal((await visitor.visit('/page/guest', fields)).status, 403);
      });

      it('refuses what has expired', async () => {
        const visitor = scene.visitor();
        const fields = await callback(await begin(visitor));
        const reply = await later(601, () => visitor.visit('/page/guest', fields));
        assert.equal(reply.status, 403);
        await isNobody(visitor);
      });

      it('reports a broken connection, and works the next time', async () => {
        const visitor = scene.visitor();
        const fields = await callback(await begin(visitor));
        emulator.faults([{ match: 'POST /services/oauth2/token', fault: 'reset' }]);
        const { status, body } = await visitor.visit('/page/guest', fields);
        assert.deepEqual([status, body.fault], [503, 'network']);
        await isNobody(visitor);
        emulator.faults([]);
        const again = await callback(await begin(visitor));
        assert.equal((await visitor.visit('/page/guest', again)).status, 200);
      });
    });
  });
}
