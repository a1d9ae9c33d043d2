import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createApp } from './app.js';
import { answerParent } from './child-answers.js';
import type { AppAnswers } from './messages.js';
import { orgAt } from './org.js';

/** The process whose CPU is measured: the app and nothing else. Argument: URL of the site. */
const [, , site] = process.argv;
if (site === undefined) throw new TypeError('needs the URL of a site');

const server = createApp(orgAt(site)).listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

answerParent<AppAnswers>(
  { url: `http://127.0.0.1:${port}` },
  {
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
  },
);
