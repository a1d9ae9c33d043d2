import express, { type Express, type RequestHandler } from 'express';
import session, { MemoryStore, type SessionData } from 'express-session';
import { Passport, type Strategy } from 'passport';
import { HeadlessClient, headlessSession, PasswordStrategy } from '../lib/index.js';
import type { Org } from './org.js';

/** What a store was asked for. */
export interface StoreCounts {
  readonly get: number;
  readonly set: number;
  readonly touch: number;
  readonly destroy: number;
}

type Callback = (error?: unknown) => void;

/** The fastest of stores, so that nothing hides what the middleware costs. It keeps count. */
export class CountingStore extends MemoryStore {
  counts: StoreCounts = { get: 0, set: 0, touch: 0, destroy: 0 };

  private count(operation: keyof StoreCounts): void {
    this.counts = { ...this.counts, [operation]: this.counts[operation] + 1 };
  }
  override get(id: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    this.count('get');
    super.get(id, callback);
  }
  override set(id: string, data: SessionData, callback?: Callback): void {
    this.count('set');
    super.set(id, data, callback);
  }
  override touch(id: string, data: SessionData, callback?: Callback): void {
    this.count('touch');
    super.touch(id, data, callback);
  }
  override destroy(id: string, callback?: Callback): void {
    this.count('destroy');
    super.destroy(id, callback);
  }

  /** Bytes of every entry as text, by key. */
  sizes(): Record<string, number> {
    const { sessions } = this as unknown as { sessions: Record<string, string> };
    const entries = Object.entries(sessions);
    return Object.fromEntries(entries.map(([id, text]) => [id, Buffer.byteLength(text)]));
  }
}

/** What the app's process says of its store. */
export interface StoreView {
  readonly counts: StoreCounts;
  readonly sizes: Readonly<Record<string, number>>;
}

const paragraph = '<p>Eleven days along the coast, by train and on foot, in small groups.</p>\n';

/** A page of some kilobytes, as an app sends one. */
const page = `<!doctype html><title>Trips</title>\n${paragraph.repeat(30)}`;

/** The same app with and without the middleware. */
export function createSessionApp(org: Org, isHeadless: boolean): Express {
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
  app.use(
    session({ store, secret: 'bench', resave: false, saveUninitialized: false }),
    passport.initialize(),
    passport.session() as RequestHandler,
  );
  if (isHeadless) {
    app.use(
      headlessSession({ client, secret: 'bench', carry: ['cart'], onUpgrade: () => 'merge' }),
    );
  }
  app.get('/', (_req, res) => {
    res.send(page);
  });
  app.use(express.json());
  // The blob of a session, and a session of a blob: both apps serve visitors of the same kind.
  app.get('/session', (req, res) => {
    res.json(req.session);
  });
  app.post('/session', (req, res) => {
    const { cookie } = req.session;
    Object.assign(req.session, req.body, { cookie });
    res.json({});
  });
  app.post('/login', passport.authenticate(strategy.name) as RequestHandler, (req, res) => {
    res.json(req.user);
  });
  app.post('/guest', (req, res, next) => {
    req.headless.ensureGuest().then((guest) => {
      res.json(guest);
    }, next);
  });
  return app;
}
