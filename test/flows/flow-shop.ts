import type { Authenticator, Strategy } from 'passport';
import {
  browserFlow,
  FirstPartyStrategy,
  SsoStrategy,
  type BrowserFlowName,
  type Login,
  type LoginRequest,
  type NamedIdentity,
  type RegistrationRequest,
  type Verify,
} from '../../lib/index.js';
import { clientFor, createShop, type Shop, type ShopOptions } from '../support/shop.js';
import type { Express, RequestHandler } from '../support/stacks.js';

export const provider = 'Google_Customers';

/** Who registers with a first-party request: whoever gives a last name. */
function registrationOf(req: LoginRequest): RegistrationRequest | undefined {
  const { lastName, email, password, recaptcha } = req.body as Partial<Record<string, string>>;
  if (lastName === undefined) return undefined;
  return { userdata: { lastName, email, username: email }, password, recaptcha };
}

/** A shop with a route for each step of every flow, and a cart that lies in the session. */
export function createFlowShop(options: Omit<ShopOptions, 'routes' | 'verify'>): Shop {
  const client = clientFor(options.emulator, options.client);
  const echo = `${options.emulator.url}/services/oauth2/echo`;
  const verify: Verify<Login<NamedIdentity>> = (login) => {
    shop.logins.push(login);
    return { id: login.identity.userId };
  };

  const whoami: RequestHandler = (req, res) => {
    const { user, headless } = req;
    res.json({ user, upgrade: headless.upgrade, guest: headless.guest, code: headless.code });
  };

  function mountFirstParty(app: Express, passport: Authenticator): void {
    const strategy = new FirstPartyStrategy({ client, registration: registrationOf }, verify);
    passport.use(strategy as Strategy);
    app.post('/first-party', passport.authenticate(strategy.name) as RequestHandler, whoami);
    app.post('/first-party/code', strategy.start() as RequestHandler, whoami);
  }

  function mountRedirects(app: Express, passport: Authenticator): void {
    const strategy = new SsoStrategy({ client, providers: [provider] }, verify);
    passport.use(strategy as Strategy);
    const authenticate = passport.authenticate(strategy.name) as RequestHandler;
    app.get('/sso', authenticate);
    app.get('/callback', authenticate, whoami);
    app.post('/callback', authenticate, whoami);
  }

  function mountPages(app: Express): void {
    for (const flow of ['password', 'otp', 'guest'] satisfies BrowserFlowName[]) {
      const byEcho = browserFlow({ client, flow, callbackURL: echo });
      const byCallback = browserFlow({ client, flow });
      app.post(`/page/${flow}/echo`, byEcho.start() as RequestHandler);
      app.post(`/page/${flow}/callback`, byCallback.start() as RequestHandler);
      app.get('/page/callback', byCallback.callback() as RequestHandler);
      if (flow === 'guest') app.post('/page/guest', byEcho.finish() as RequestHandler, whoami);
    }
  }

  function mountCart(app: Express): void {
    app.post('/add', (req, res, next) => {
      const { item } = req.body as { item: string };
      const add = async (): Promise<void> => {
        const guest = req.isAuthenticated() ? undefined : await req.headless.ensureGuest();
        const session = req.session as unknown as { cart?: string[] };
        session.cart = [...(session.cart ?? []), item];
        res.json({ guest, session: { cart: session.cart } });
      };
      add().catch(next);
    });
  }

  const shop = createShop({
    ...options,
    verify: ({ identity }) => ({ id: identity.userId }),
    headless: { secret: 'a-secret-for-visitors', carry: ['cart'], ...options.headless },
    routes: (app, passport) => {
      mountCart(app);
      mountFirstParty(app, passport);
      mountRedirects(app, passport);
      mountPages(app);
    },
  });
  return {
    ...shop,
    async close() {
      await client.close();
      await shop.close();
    },
  };
}
