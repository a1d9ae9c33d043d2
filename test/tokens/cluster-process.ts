import { setClockAhead } from './skewed-clock.js';
import { RedisStore } from 'connect-redis';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import session from 'express-session';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Passport, type Strategy } from 'passport';
import { createClient } from 'redis';
import {
  HeadlessClient,
  HeadlessError,
  headlessSession,
  PasswordStrategy,
  type Locks,
} from '../../lib/index.js';
import { redisLocks } from '../../lib/redis.js';
import { lockTtl, patience, type MemberSettings, type Order, type Ready } from './member.js';

/** One process of an app that runs in several, over one Redis: with shared locks at `/shared`, without at `/alone`. */
const settings = JSON.parse(process.argv[2] ?? '{}') as MemberSettings;

const redis = createClient({ url: settings.redis, socket: { reconnectStrategy: false } });
redis.on('error', () => undefined);
await redis.connect();
const store = new RedisStore({ client: redis });

const client = new HeadlessClient({
  site: settings.site,
  clientId: settings.clientId,
  redirectUri: 'http://localhost:3000/callback',
  scope: 'api openid refresh_token',
  timeout: patience,
});
const passport = new Passport();
passport.serializeUser((user, done) => {
  done(null, user);
});
passport.deserializeUser((user: Express.User, done) => {
  done(null, user);
});
passport.use(
  new PasswordStrategy({ client }, ({ identity }) => ({ id: identity.userId })) as Strategy,
);

const answerError: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
  const known = error instanceof HeadlessError ? error : undefined;
  res.status(known?.status ?? 500).json({ code: known?.code ?? String(error) });
};

function appWith(locks: { readonly locks?: Locks }): Express {
  const app = express();
  app.use(
    session({ store, secret: 'a-test-secret', resave: false, saveUninitialized: false }),
    passport.initialize(),
    passport.session(),
    headlessSession({ client, secret: 'a-test-secret', ...locks }),
    express.json(),
  );
  app.post(
    '/login',
    passport.authenticate('sf-headless-password') as RequestHandler,
    (req, res) => {
      res.json({ user: req.user });
    },
  );
  app.get('/token', (req, res, next) => {
    req.headless.accessToken().then((token) => {
      res.json({ user: req.user, token });
    }, next);
  });
  app.get('/bookings', (req, res, next) => {
    const answerWith = async (): Promise<void> => {
      const query = new URLSearchParams({ q: 'SELECT Name FROM Booking__c' });
      const answer = await req.headless.fetch(`/services/data/v66.0/query?${query.toString()}`);
      res.status(answer.status).json({ user: req.user, bookings: await answer.json() });
    };
    answerWith().catch(next);
  });
  app.use(answerError);
  return app;
}

const app = express();
app.use('/shared', appWith({ locks: redisLocks(redis, { ttl: lockTtl, wait: 20_000 }) }));
app.use('/alone', appWith({}));

const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
process.on('disconnect', () => process.exit());
process.on('message', ({ clockAhead }: Order) => {
  setClockAhead(clockAhead);
  process.send?.({});
});
const { port } = server.address() as AddressInfo;
process.send?.({ url: `http://127.0.0.1:${port}` } satisfies Ready);
