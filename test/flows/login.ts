import assert from 'node:assert/strict';
import type { LogEntry } from 'sf-headless-emulator';
import { logIn } from './flow.js';
import type { FlowScene } from './scene.js';
import type { Specified } from './specify.js';
import type { Visitor } from './visitor.js';

/** Asserts that a browser is logged in as a user, for the app and for what it remembers of Salesforce. */
export async function isLoggedIn(
  scene: FlowScene,
  visitor: Visitor,
  username: string,
): Promise<void> {
  const { body } = await visitor.visit('/me');
  const id = scene.userId(username);
  assert.ok(id !== undefined, `${username} exists`);
  assert.deepEqual([body.authenticated, body.user?.id, body.identity?.userId], [true, id, id]);
}

/** Asserts that nobody is logged in in a browser, and that its guest and cart are as before. */
export async function isUntouched(scene: FlowScene, visitor: Visitor, uvid: string): Promise<void> {
  const { body } = await visitor.visit('/me');
  assert.equal(body.authenticated, false);
  assert.equal(body.user, undefined);
  assert.equal(body.guest?.uvid, uvid);
  assert.deepEqual(body.session?.cart, ['tent']);
  assert.deepEqual(scene.upgrades, []);
}

export function logsIn({ flow, aspect }: Specified): void {
  aspect('logs the right user in', async (scene) => {
    const visitor = scene.visitor();
    const reply = await logIn(flow, scene, visitor);
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.body.user?.id, scene.userId(flow.username));
    await isLoggedIn(scene, visitor, flow.username);
    const [login, ...more] = scene.logins;
    assert.deepEqual([login?.flow, more], [flow.flow, []]);
    assert.equal(login?.identity.kind, 'named');
  });
}

/** Whether a call names a visitor: in any place, plain or inside a guest token. */
function names(uvid: string, { query, body, headers }: LogEntry): boolean {
  const tokens = `${query} ${body} ${JSON.stringify(headers)}`;
  const payloads = [...tokens.matchAll(/eyJ[\w-]+\.([\w-]+)\./g)].map(([, payload = '']) =>
    Buffer.from(payload, 'base64url').toString('utf8'),
  );
  return [
    decodeURIComponent(tokens.replaceAll('+', ' ').replace(/%(?![\dA-F]{2})/gi, '%25')),
    ...payloads,
  ].some((text) => text.includes(uvid));
}

export function upgradesOnce({ flow, aspect }: Specified): void {
  aspect('carries a guest along, and upgrades it once', async (scene) => {
    const { visitor, uvid } = await scene.guest();
    const calls = await scene.during(async () => {
      const reply = await logIn(flow, scene, visitor);
      assert.equal(reply.status, 200, reply.text);
      assert.deepEqual([reply.body.upgrade?.status, reply.body.upgrade?.uvid], ['linked', uvid]);
    });
    assert.equal(
      calls.some((call) => names(uvid, call)),
      flow.carriesVisitor,
      'the visitor id reaches Salesforce where the wire has a place for it',
    );
    assert.equal(scene.logins.at(-1)?.uvid, uvid);
    const [upgrade, ...more] = scene.upgrades;
    assert.deepEqual(more, []);
    assert.equal(upgrade?.uvid, uvid);
    assert.equal(upgrade.flow, flow.flow);
    assert.deepEqual(upgrade.user, { id: scene.userId(flow.username) });
    assert.deepEqual(scene.handedOver, [['tent']]);
    const { body } = await visitor.visit('/me');
    assert.equal(body.guest, undefined, 'the guest is no more');
    assert.deepEqual(body.session?.cart, ['tent']);
    await visitor.visit('/me');
    assert.equal(scene.upgrades.length, 1, 'later requests upgrade nothing');
  });
}
