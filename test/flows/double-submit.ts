import assert from 'node:assert/strict';
import { isLoggedIn } from './login.js';
import type { Specified } from './specify.js';

export function submitsTwice({ flow, aspect }: Specified): void {
  aspect('takes a double submit for one', async (scene) => {
    const before = Object.keys(scene.emulator.state().users);
    const { visitor, uvid } = await scene.guest();
    const { begin } = flow;
    const starts = begin
      ? await Promise.all([begin(scene, visitor), begin(scene, visitor)])
      : [undefined];
    for (const start of starts) assert.ok((start?.status ?? 200) < 400, start?.text);

    const entered = await flow.obtain(scene, starts.at(-1));
    // What the browser makes of the cookies of two answers depends on which arrives last.
    const other = visitor.copy();
    const ends = await Promise.all([flow.finish(visitor, entered), flow.finish(other, entered)]);
    const statuses = ends.map(({ status }) => status).sort();
    assert.equal(statuses[0], 200, ends.map(({ text }) => text).join('\n'));
    // A code is used up by the first; the second says so, or joins.
    const second = statuses[1] ?? 500;
    assert.ok(flow.isGoodTwice === true ? second === 200 : second < 500, ends[1].text);

    const [first, last] = ends;
    for (const order of [
      [first, last],
      [last, first],
    ]) {
      const browser = visitor.copy();
      for (const reply of order) browser.remember(reply);
      await isLoggedIn(scene, browser, flow.username);
    }
    assert.equal(scene.openLogins, 1, 'one login');
    assert.deepEqual([...new Set(scene.upgrades.map((upgrade) => upgrade.uvid))], [uvid]);
    assert.deepEqual(scene.handedOver, [['tent']], 'one upgrade');
    const accounts = new Set([...before, flow.username]);
    assert.deepEqual(Object.keys(scene.emulator.state().users).sort(), [...accounts].sort());
  });
}
