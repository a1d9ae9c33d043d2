import assert from 'node:assert/strict';
import { isUntouched } from './login.js';
import type { Specified } from './specify.js';

export function refuses({ flow, kind, scene: current }: Specified): void {
  describe('says no when Salesforce says no', () => {
    for (const refusal of flow.refusals) {
      const { title, status, code, at = 'finish', clients = ['public', 'private'] } = refusal;
      if (!clients.includes(kind)) continue;
      it(`${title}: ${code ?? 'failed'}, ${status}`, async () => {
        const scene = current();
        const { visitor, uvid } = await scene.guest();
        refusal.arrange?.(scene);
        const users = scene.emulator.state().users;
        let reply = await flow.begin?.(scene, visitor, refusal.begin);
        if (at === 'finish') {
          if (reply) assert.ok(reply.status < 400, reply.text);
          const entered = await flow.obtain(scene, reply);
          await refusal.meanwhile?.(scene, visitor);
          reply = await flow.finish(visitor, { ...entered, ...refusal.finish?.(scene) });
        }
        assert.equal(reply?.status, status, reply?.text);
        if (code !== undefined) assert.equal(reply.body.code, code);
        // A set-up fault is never told as a wrong password, nor the reverse.
        assert.equal(
          reply.body.fault ?? 'credentials',
          status < 500 ? 'credentials' : 'configuration',
        );
        await isUntouched(scene, visitor, uvid);
        const made = refusal.makesUser === true ? [flow.username] : [];
        const after = Object.keys(scene.emulator.state().users);
        assert.deepEqual(after.sort(), [...Object.keys(users), ...made].sort());
      });
    }
  });
}
