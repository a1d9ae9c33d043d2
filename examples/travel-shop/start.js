import { once } from 'node:events';
import { createServer } from 'node:http';
import { HeadlessClient } from 'passport-sf-headless';
import { callbackPaths, createShop } from './app.js';
import { ConfigError, integrationVariables, orgVariables, readConfig } from './config.js';
import { openDatabase } from './database.js';
import { startDemoOrg } from './demo-org.js';
import { openRedis } from './redis.js';
import { SavedTrips } from './saved-trips.js';

/** What has been started, newest first, as functions that end it. */
const running = [];
const started = (end) => running.unshift(end);

let server;
let stopping;
/** Ends everything, once: Ctrl-C reaches this process twice when npm started it. */
function stop() {
  stopping ??= (async () => {
    // What is still starting could not be ended.
    await starting;
    // First, for requests under way still need the rest.
    if (server) await close(server);
    for (const end of running) await end();
  })();
  return stopping;
}

async function start() {
  const config = readConfig(process.env);
  const log = (line) => console.error(line);

  // Only a shop that listens knows its port, and only with its port does it know its address.
  server = await listen(config.port);
  const here = `http://localhost:${server.address().port}`;
  const url = config.url ?? here;
  const redis = config.redisUrl && (await openRedis(config.redisUrl, log));
  if (redis) started(() => redis.close());
  const callbackURLs = Object.values(callbackPaths).map((path) => url + path);
  const demo =
    config.org === undefined ? await startDemoOrg({ ...config, url, callbackURLs }) : undefined;
  if (demo) started(() => demo.emulator.close());
  const org = config.org ?? demo.org;
  const client = createClient(org, config.hybrid);
  started(() => client.close());
  // The embedded database takes some seconds to get up.
  const database = await openDatabase(config.database, log);
  started(() => database.close());
  const savedTrips = new SavedTrips(database);
  await savedTrips.prepare();

  const app = createShop({
    client,
    savedTrips,
    url,
    providers: demo?.providers ?? config.providers,
    loginHint: demo?.loginHint ?? config.loginHint,
    firstParty: config.firstParty,
    isPrivate: (org.clientSecret ?? org.privateKey) !== undefined,
    sessionStore: redis?.sessionStore,
    locks: redis?.locks,
    secrets: config.secrets,
    trustProxy: config.trustProxy,
    captcha: captcha(config, demo),
    mailbox: demo && `${demo.emulator.origin}/__emulator__/`,
    log,
  });
  server.off('request', notYet).on('request', app);
  console.log(greeting(here, client.site, demo, config));
}

function createClient(org, hybrid) {
  try {
    // `userinfo` costs a third call at login, and gives the customer's name for the top of the page.
    return new HeadlessClient({ ...org, userinfo: true, hybrid });
  } catch (error) {
    // The library names its option; the person at the keyboard knows the variable.
    const [, of, option, why] = /option `(\w+\.)?(\w+)` (.*)/.exec(error.message) ?? [];
    const variable = (of === undefined ? orgVariables : integrationVariables)[option];
    throw variable === undefined ? error : new ConfigError(`${variable} ${why}`);
  }
}

/** The emulator is content with any text where Salesforce wants proof of a person; an org wants Google's. */
function captcha({ recaptchaSiteKey: siteKey, isPrivate }, demo) {
  if (siteKey !== undefined) return { siteKey };
  return demo && !isPrivate ? { token: 'a-person-in-the-demo' } : undefined;
}

async function listen(port) {
  const listening = createServer(notYet).listen(port);
  await once(listening, 'listening').catch((error) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new ConfigError(`port ${port} is in use; choose another one, such as PORT=${port + 1}`);
  });
  return listening;
}

/** Answers while the shop is starting. */
function notYet(req, res) {
  res.writeHead(503, { 'Content-Type': 'text/plain', 'Retry-After': '5' });
  res.end('The shop is starting.\n');
}

async function close(listening) {
  const closed = once(listening, 'close');
  listening.close();
  listening.closeIdleConnections();
  // Requests under way may end; those that do not are cut off.
  setTimeout(() => listening.closeAllConnections(), 3_000).unref();
  await closed;
}

function greeting(shop, site, demo, { database, redisUrl }) {
  const lines = [`Travel shop: ${shop}`];
  if (demo === undefined) {
    lines.push(`Salesforce:  ${site}`);
  } else {
    lines.push(
      `Emulator:    ${site}`,
      `Mailbox:     ${demo.emulator.origin}/__emulator__/   (one-time codes arrive here)`,
      'Log in as:   alice@example.com or bob@example.com, password Passw0rd!',
      '             or by order number B-0001, which is one of alice',
    );
  }
  const passing = [
    ...(demo ? ['new accounts'] : []),
    ...((database.url ?? database.folder) ? [] : ['saved trips']),
    ...(redisUrl ? [] : ['logins']),
  ];
  if (passing.length > 0)
    lines.push(`Not kept:    ${passing.join(', ')}: they end with this process`);
  return lines.join('\n');
}

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop());

const starting = start().catch((error) => {
  console.error(`travel-shop: ${error instanceof ConfigError ? error.message : error.stack}`);
  process.exitCode = 1;
  void stop();
});
