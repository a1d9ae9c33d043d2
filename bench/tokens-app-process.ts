import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { answerParent } from './child-answers.js';
import type { TokensAppAnswers } from './messages.js';
import { orgAt } from './org.js';
import { createTokensApp, multiply } from './tokens-app.js';

/** The process of the app. Arguments: URL of the site, client id, and `with` or `without` tokens. */
const [, , site, clientId, variant] = process.argv;
if (site === undefined || clientId === undefined) throw new TypeError('needs a site and a client');

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const { app, store } = createTokensApp({ ...orgAt(site), clientId }, variant === 'with');
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

function memory(): { readonly heap: number; readonly rss: number } {
  collect();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed, rss };
}

answerParent<TokensAppAnswers>(
  { url: `http://127.0.0.1:${port}` },
  {
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
    growth: () => {
      const before = memory();
      multiply(store, 10_000);
      const after = memory();
      return { heap: after.heap - before.heap, rss: after.rss - before.rss };
    },
  },
);
