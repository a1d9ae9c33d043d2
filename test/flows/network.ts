import assert from 'node:assert/strict';
import type { Emulator, LogEntry } from 'sf-headless-emulator';
import { newcomersPassword } from './begin.js';
import { logIn, type Flow } from './flow.js';
import { isLoggedIn, isUntouched } from './login.js';
import { FlowScene } from './scene.js';
import type { Specified } from './specify.js';
import type { Reply } from './visitor.js';

type Stage = 'first' | 'last';

/** What the app called, as faults name it. */
function matches(calls: readonly LogEntry[], { emulator }: FlowScene): string[] {
  const sitePath = `${new URL(emulator.url).pathname}/`;
  const names = calls.map(
    ({ method, path }) =>
      `${method} ${path.startsWith(sitePath) ? path.slice(sitePath.length - 1) : path}`,
  );
  return [...new Set(names)];
}

/** The calls of one step where nothing breaks. */
async function callsOf(stage: Stage, flow: Flow, scene: FlowScene): Promise<string[]> {
  const { visitor } = await scene.guest();
  const begun: { reply?: Reply | undefined } = {};
  const first = await scene.during(async () => {
    begun.reply = await flow.begin?.(scene, visitor);
  });
  const entered = await flow.obtain(scene, begun.reply);
  const last = await scene.during(() => flow.finish(visitor, entered));
  return matches(stage === 'first' ? first : last, scene);
}

/** Breaks one call of one step, before or after Salesforce has acted on it, and tries again. */
async function breaks(
  call: string,
  { stage, after }: { readonly stage: Stage; readonly after: boolean },
  flow: Flow,
  scene: FlowScene,
): Promise<void> {
  const what = `${call}, ${after ? 'done' : 'not done'}`;
  const isNew = scene.userId(flow.username) === undefined;
  const { visitor, uvid } = await scene.guest();
  const broken = { match: call, fault: 'reset', after } as const;
  if (stage === 'first') scene.emulator.faults([broken]);
  let reply = await flow.begin?.(scene, visitor);
  if (stage === 'last') {
    const entered = await flow.obtain(scene, reply);
    scene.emulator.faults([broken]);
    reply = await flow.finish(visitor, entered);
  }
  assert.equal(reply?.status, 503, `${what}: ${reply?.text ?? ''}`);
  assert.equal(reply.body.fault, 'network', what);
  await isUntouched(scene, visitor, uvid);

  scene.emulator.faults([]);
  // A user who was made before the answer got lost is there, and logs in.
  const isMade = isNew && scene.userId(flow.username) !== undefined;
  const login = { username: flow.username, password: newcomersPassword };
  const again = isMade ? await visitor.visit('/login', login) : await logIn(flow, scene, visitor);
  assert.equal(again.status, 200, `${what}, then ${again.text}`);
  await isLoggedIn(scene, visitor, flow.username);
  assert.deepEqual(scene.handedOver, [['tent']], what);
}

async function withScene<T>(
  flow: Flow,
  { kind, emulator }: { readonly kind: Specified['kind']; readonly emulator: Emulator },
  run: (scene: FlowScene) => Promise<T>,
): Promise<T> {
  emulator.reset();
  // A new app each time: none of its calls is spared by what an earlier one has fetched.
  const scene = await FlowScene.open(flow, kind, emulator);
  try {
    return await run(scene);
  } finally {
    await scene.close();
  }
}

export function survivesBrokenConnections({ flow, kind, scene }: Specified): void {
  const stages: Stage[] = flow.begin ? ['first', 'last'] : ['last'];
  for (const stage of stages) {
    it(`reports a broken connection in any call of its ${stage} step, and works the next time`, async function () {
      this.timeout(30_000);
      const site = { kind, emulator: scene().emulator };
      const calls = await withScene(flow, site, (fresh) => callsOf(stage, flow, fresh));
      assert.equal(calls.length === 0, stage === 'first' && flow.beginsSilently === true);
      for (const call of calls) {
        for (const after of [false, true]) {
          await withScene(flow, site, (fresh) => breaks(call, { stage, after }, flow, fresh));
        }
      }
    });
  }
}
