import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { answerParent } from './child-answers.js';
import type { AppAnswers } from './messages.js';
import { orgAt } from './org.js';
import { createSessionApp } from './session-app.js';

/** The process of one app. Arguments: URL of the site, and `with` or `without` the middleware. */
const [, , site, variant] = process.argv;
if (site === undefined) throw new TypeError('needs the URL of a site');

const server = createSessionApp(orgAt(site), variant === 'with').listen(0, '127.0.0.1');
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
