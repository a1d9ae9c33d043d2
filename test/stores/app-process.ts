import { RedisStore } from 'connect-redis';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import session, { MemoryStore } from 'express-session';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Passport, type Strategy } from 'passport';
import { createClient } from 'redis';
import {
  HeadlessClient,
  HeadlessError,
  headlessSession,
  OtpStrategy,
  PasswordStrategy,
  type Locks,
  type OnUpgrade,
} from '../../lib/index.js';
import { redisLocks } from '../../lib/redis.js';
import type { AppSettings, Message, Order } from './app-child.js';

/** One process of an app that runs in several, over one Redis. */
const settings = JSON.parse(process.argv[2] ?? '{}') as AppSettings;

/** Where an upgrade is to hang, in this process, as if the process had lost its mind. */
let hangs: Order | undefined;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A store as far away as it may be: what must not happen at once has time to. */
class DistantStore extends RedisStore {
  override async get(...query: Parameters<RedisStore['get']>): Promise<unknown> {
    await pause(Math.random() * 20);
    return super.get(...query);
  }
  override async set(...query: Parameters<RedisStore['set']>): Promise<unknown> {
    await pause(Math.random() * 20);
    return super.set(...query);
  }
}

function tell(message: Message): void {
  process.send?.(message);
}

const redis = createClient({ url: settings.redis, socket: { reconnectStrategy: false } });
redis.on('error', () => undefined);
await redis.connect();
const locks: Record<AppSettings['locks'], { locks?: Locks | false }> = {
  redis: { locks: redisLocks(redis, { ttl: settings.ttl ?? 10_000 }) },
  process: { locks: false },
  unsaid: {},
};

async function hangIf(order: Order): Promise<void> {
  if (hangs !== order) return;
  tell({ hangs: order });
  await new Promise(() => undefined);
}

/** What an app does, as slow as databases are: its own writes carry the idempotency key. */
const onUpgrade: OnUpgrade = async ({ upgradeId, uvid }) => {
  await redis.incr('app:hook runs');
  await pause(50);
  await hangIf('hang before');
  const isFirst = await redis.set(`app:upgrade ${upgradeId}`, uvid, { condition: 'NX' });
  if (isFirst !== null) await redis.incr('app:effective upgrades');
  await hangIf('hang after');
};

const client = new HeadlessClient({
  site: settings.site,
  clientId: '3MVG9.public',
  redirectUri: 'http://localhost:3000/callback',
  scope: 'api openid refresh_token',
});
const passport = new Passport();
passport.serializeUser((user, done) => {
  done(null, user);
});
passport.deserializeUser((user: Express.User, done) => {
  done(null, user);
});
const asUser = ({ identity }: { identity: { userId: string } }): object => ({
  id: identity.userId,
});
const otp = new OtpStrategy({ client }, asUser);
passport.use(new PasswordStrategy({ client }, asUser) as Strategy);
passport.use(otp as Strategy);

const whoami: RequestHandler = ({ user, headless, session }, res) => {
  const { guest, upgrade } = headless;
  res.json({ user, guest, upgrade, cart: Reflect.get(session, 'cart') as unknown });
};
const answerError: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
  const status = error instanceof HeadlessError ? error.status : 500;
  res.status(status).json({ error: String(error) });
};
const store = settings.store === 'memory' ? new MemoryStore() : new DistantStore({ client: redis });
const app = express();
app.use(
  session({ store, secret: 'a-test-secret', resave: false, saveUninitialized: false }),
  passport.initialize(),
  passport.session(),
  headlessSession({
    client,
    secret: 'a-test-secret',
    carry: ['cart'],
    onUpgrade,
    ...locks[settings.locks],
  }),
  express.json(),
);
app.get('/me', whoami);
app.post('/cart', (req, res) => {
  Object.assign(req.session, { cart: (req.body as { cart: unknown }).cart });
  res.json({});
});
app.post('/save', (req, res, next) => {
  req.headless.ensureGuest().then(() => {
    whoami(req, res, next);
  }, next);
});
app.post('/login', passport.authenticate('sf-headless-password') as RequestHandler, whoami);
app.post('/code', otp.start() as RequestHandler, whoami);
app.post('/code/login', passport.authenticate('sf-headless-otp') as RequestHandler, whoami);
app.use(answerError);

const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
process.on('disconnect', () => process.exit());
process.on('message', (order: Order | 'heap') => {
  if (order === 'heap') {
    globalThis.gc?.();
    tell({ heap: process.memoryUsage().heapUsed });
  } else {
    hangs = order;
    tell({ hangs: 'ready to' });
  }
});
tell({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
