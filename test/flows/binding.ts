import assert from 'node:assert/strict';
import { logIn } from './flow.js';
import { later } from './later.js';
import { isLoggedIn, isUntouched } from './login.js';
import type { Specified } from './specify.js';
import type { Reply } from './visitor.js';

/** Asserts that a visitor is told no, and that it is not the app's or Salesforce's failure. */
function isNo({ status, text }: Reply): void {
  assert.ok([400, 401, 403, 429].includes(status), text);
}

export function binds(each: Specified): void {
  const { flow, aspect } = each;

  aspect('refuses what belongs to another flow', async (scene) => {
    const { visitor, uvid } = await scene.guest();
    const begun = await flow.begin?.(scene, visitor);
    const own = await flow.obtain(scene, begun);
    const foreign = await flow.another(scene, visitor);
    isNo(await flow.finish(visitor, foreign));
    await isUntouched(scene, visitor, uvid);
    const reply = await flow.finish(visitor, own);
    assert.equal(reply.status, 200, reply.text);
  });

  aspect('refuses another browser', async (scene) => {
    const visitor = scene.visitor();
    const own = await flow.obtain(scene, await flow.begin?.(scene, visitor));
    const stranger = await scene.guest();
    isNo(await flow.finish(stranger.visitor, own));
    await isUntouched(scene, stranger.visitor, stranger.uvid);
    const reply = await flow.finish(visitor, own);
    assert.equal(reply.status, 200, 'and does not use it up');
    isNo(await flow.finish(stranger.visitor, own));
    await isUntouched(scene, stranger.visitor, stranger.uvid);
  });

  const { expire } = flow;
  if (expire !== undefined) {
    aspect('refuses what has expired', async (scene) => {
      const { visitor, uvid } = await scene.guest();
      const entered = await flow.obtain(scene, await flow.begin?.(scene, visitor));
      expire(scene);
      isNo(await flow.finish(visitor, entered));
      await isUntouched(scene, visitor, uvid);
    });
  }

  if (flow.begin !== undefined) {
    it('refuses what has expired for the app, without asking Salesforce', async () => {
      const scene = each.scene();
      const { visitor, uvid } = await scene.guest();
      const entered = await flow.obtain(scene, await flow.begin?.(scene, visitor));
      scene.emulator.clearLog();
      isNo(await later(901, () => flow.finish(visitor, entered)));
      assert.deepEqual(scene.emulator.log(), []);
      await isUntouched(scene, visitor, uvid);
    });
  }

  aspect('refuses a replay', async (scene) => {
    const { visitor } = await scene.guest();
    const entered = await flow.obtain(scene, await flow.begin?.(scene, visitor));
    assert.equal((await flow.finish(visitor, entered)).status, 200);
    isNo(await flow.finish(visitor, entered));
    await isLoggedIn(scene, visitor, flow.username);
    assert.equal(scene.upgrades.length, 1);
  });

  aspect('sends a code again', async (scene) => {
    const { visitor } = await scene.guest();
    await flow.begin?.(scene, visitor);
    const again = await flow.resend?.(scene, visitor);
    assert.equal(again?.status, 200, again?.text);
    assert.equal(scene.emulator.outbox().length, 2);
    const reply = await flow.finish(visitor, await flow.obtain(scene, again));
    assert.equal(reply.status, 200, reply.text);
    assert.equal(scene.upgrades.length, 1);
  });

  const replay = flow.without['refuses a replay'];
  if (replay !== undefined) {
    it('takes the same once more, for the same user, and upgrades nothing twice', async () => {
      const scene = each.scene();
      const { visitor } = await scene.guest();
      const entered = await flow.obtain(scene, await flow.begin?.(scene, visitor));
      assert.equal((await flow.finish(visitor, entered)).status, 200);
      assert.equal((await flow.finish(visitor, entered)).status, 200);
      await isLoggedIn(scene, visitor, flow.username);
      assert.equal(scene.upgrades.length, 1);
    });
  }

  if (flow.without['refuses another browser'] !== undefined) {
    it('logs in from any browser by the same password', async () => {
      const scene = each.scene();
      for (const visitor of [scene.visitor(), scene.visitor()]) {
        assert.equal((await logIn(flow, scene, visitor)).status, 200);
        await isLoggedIn(scene, visitor, flow.username);
      }
    });
  }
}
