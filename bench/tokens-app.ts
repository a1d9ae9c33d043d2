import express, { type Express, type RequestHandler } from 'express';
import session, { type SessionData } from 'express-session';
import { Passport, type Strategy } from 'passport';
import { HeadlessClient, headlessSession, PasswordStrategy, type Locks } from '../lib/index.js';
import type { Org } from './org.js';
import { CountingStore, type StoreView } from './session-app.js';

/** How often `/token-10` asks for a token. */
export const callsAtOnce = 10;

/** Locks that count as shared, without the way to a server: what that takes is not measured here. */
const sharedLocks: Locks = { run: (_key, work) => work() };

/** An app whose pages need an access token, or not, and its store. */
export function createTokensApp(
  org: Org,
  keepsTokens: boolean,
): { readonly app: Express; readonly store: CountingStore } {
  const store = new CountingStore();
  const passport = new Passport();
  passport.serializeUser<string>((user, done) => {
    done(null, (user as { id: string }).id);
  });
  passport.deserializeUser<string>((id, done) => {
    done(null, { id });
  });
  const client = new HeadlessClient(org);
  const strategy = new PasswordStrategy({ client }, ({ identity }) => ({ id: identity.userId }));
  passport.use(strategy as Strategy);

  const app = express();
  app.get('/store', (_req, res) => {
    res.json({ counts: store.counts, sizes: store.sizes() } satisfies StoreView);
  });
  const tokens = keepsTokens ? {} : { tokens: false as const };
  app.use(
    session({ store, secret: 'bench', resave: false, saveUninitialized: false }),
    passport.initialize(),
    passport.session() as RequestHandler,
    headlessSession({ client, secret: 'bench', locks: sharedLocks, ...tokens }),
    express.json(),
  );
  app.post('/login', passport.authenticate(strategy.name) as RequestHandler, (req, res) => {
    res.json(req.user);
  });
  app.get('/plain', (req, res) => {
    res.json(req.user);
  });
  app.get('/token', (req, res, next) => {
    req.headless.accessToken().then((token) => {
      res.json({ length: token.length });
    }, next);
  });
  app.get('/token-10', (req, res, next) => {
    const askAgain = async (): Promise<void> => {
      for (let call = 0; call < callsAtOnce; call += 1) await req.headless.accessToken();
      res.json(req.user);
    };
    askAgain().catch(next);
  });
  return { app, store };
}

/** Has a store hold what it holds so many times more, as if as many customers had logged in. */
export function multiply(store: CountingStore, times: number): void {
  const { sessions } = store as unknown as { sessions: Record<string, string> };
  for (const [key, text] of Object.entries(sessions)) {
    const content = JSON.parse(text) as SessionData;
    // The store keeps a text of its own of each.
    for (let copy = 0; copy < times; copy += 1) store.set(`${key}-${copy}`, content);
  }
}
