import { startEmulator, type Emulator } from 'sf-headless-emulator';
import { binds } from './binding.js';
import { submitsTwice } from './double-submit.js';
import type { Aspect, ClientKind, Flow } from './flow.js';
import { logsIn, upgradesOnce } from './login.js';
import { survivesBrokenConnections } from './network.js';
import { refuses } from './refusals.js';
import { FlowScene } from './scene.js';
import { showsNoSecret } from './secrets.js';

/** What the tests of one flow by one kind of client share. */
export interface Specified {
  readonly flow: Flow;
  readonly kind: ClientKind;
  /** The scene of the test that runs. */
  readonly scene: () => FlowScene;
  /** A test of one aspect, where the flow has it; else a note of why not. */
  readonly aspect: (name: Aspect, test: (scene: FlowScene) => Promise<void>) => void;
}

function specified(flow: Flow, kind: ClientKind, scene: () => FlowScene): Specified {
  return {
    flow,
    kind,
    scene,
    aspect(name, test) {
      const why = flow.without[name];
      if (why === undefined) it(name, () => test(scene()));
    },
  };
}

/** The whole specification of some flows, for each kind of client that Salesforce offers them to. */
export function specify(flows: readonly Flow[]): void {
  for (const flow of flows) {
    for (const kind of flow.clients) {
      const by = kind === 'public' ? 'a public client' : `a private client (${flow.proof})`;
      describe(`${flow.name}, by ${by}`, () => {
        let emulator: Emulator;
        let scene: FlowScene;
        before(async () => {
          emulator = await startEmulator();
        });
        after(async () => {
          await emulator.close();
        });
        beforeEach(async () => {
          scene = await FlowScene.open(flow, kind, emulator);
        });
        afterEach(async () => {
          await scene.close();
          emulator.reset();
        });
        const each = specified(flow, kind, () => scene);
        logsIn(each);
        upgradesOnce(each);
        submitsTwice(each);
        binds(each);
        refuses(each);
        survivesBrokenConnections(each);
        showsNoSecret(each);
      });
    }
  }
}
