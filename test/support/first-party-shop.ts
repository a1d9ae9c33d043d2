import type { RequestHandler } from 'express';
import type { Strategy } from 'passport';
import {
  FirstPartyStrategy,
  type FirstPartyStrategyOptions,
  type HeadlessClientOptions,
} from '../../lib/index.js';
import { firstParty, firstPartyClient } from './first-party.js';
import { createShop, type Shop, type ShopOptions } from './shop.js';

/** What a test may set about the app under test. */
export interface FirstPartyShopOptions extends ShopOptions {
  readonly firstParty?: Partial<FirstPartyStrategyOptions>;
  /** More options of the strategy's client. */
  readonly firstPartyClient?: Partial<HeadlessClientOptions>;
}

/**
 * An app with first-party logins: `POST /first` logs in or says what comes next, `POST /first/start` is the first half of
 * two, `GET /first` comes back from a browser login.
 */
export function createFirstPartyShop(options: FirstPartyShopOptions): Shop {
  const client =
    options.firstParty?.client ?? firstPartyClient(options.emulator, options.firstPartyClient);
  const logins: Shop['logins'] = [];
  const strategy = new FirstPartyStrategy({ ...options.firstParty, client }, (login, done) => {
    logins.push(login);
    if (options.verify) return options.verify(login, done);
    return { id: login.identity.userId, flow: login.flow };
  });
  const whoami: RequestHandler = (req, res) => {
    const { guest, challenge, identity, upgrade } = req.headless;
    res.json({ user: req.user, guest, challenge, identity, upgrade });
  };
  const shop = createShop({
    ...options,
    client: { ...firstParty, ...options.client },
    routes: (app, passport) => {
      passport.use(strategy as Strategy);
      const logIn: RequestHandler = (req, res, next) => {
        const done = (error: unknown, user: unknown, info: unknown, status: unknown): void => {
          if (error !== null && error !== undefined) next(error);
          else if (typeof user === 'object' && user !== null) {
            req.logIn(user, (failed?: unknown) => {
              if (failed === undefined) whoami(req, res, next);
              else next(failed);
            });
          } else res.status(Number(status ?? 401)).json(info);
        };
        const handler: unknown = passport.authenticate('sf-headless-first-party', done);
        (handler as RequestHandler)(req, res, next);
      };
      app.get('/first', logIn);
      app.post('/first', logIn);
      app.post('/first/start', strategy.start() as RequestHandler, whoami);
      app.get('/first/me', whoami);
      options.routes?.(app, passport);
    },
  });
  return {
    ...shop,
    logins,
    close: async () => {
      await shop.close();
      await client.close();
    },
  };
}
