import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Upgrade } from '../../lib/index.js';
import { createShop, type ShopOptions } from '../support/shop.js';

/** What the pages of the shop under test say. */
export interface Page {
  readonly user?: { readonly id: string };
  readonly authenticated?: boolean;
  readonly guest?: { readonly uvid: string };
  readonly identity?: { readonly userId: string; readonly username?: string };
  readonly upgrade?: {
    readonly status: string;
    readonly upgradeId: string;
    readonly uvid: string;
    readonly reason?: string;
  };
  readonly session?: { readonly cart?: readonly string[] };
  readonly code?: string;
}

/** The cart of a page. */
export function cartOf(page: Page): readonly string[] {
  return page.session?.cart ?? [];
}

/** The items that a guest hands over in an upgrade. */
export function itemsOf({ carried }: Pick<Upgrade, 'carried'>): readonly string[] {
  const cart = carried['cart'];
  return Array.isArray(cart) ? cart.map(String) : [];
}

/** A shop that listens. */
export interface CartShop {
  readonly origin: string;
  close(): Promise<void>;
}

/**
 * A shop whose cart lies in the session: `POST /add` puts an item into it and makes the visitor a guest, `POST /plain`
 * logs in by a bare `req.login`. Port 0 is any free one.
 */
export async function openCartShop(options: ShopOptions): Promise<CartShop> {
  const { headless, ...rest } = options;
  const shop = createShop({
    verify: ({ identity }) => ({ id: identity.userId }),
    ...rest,
    headless: { secret: 'a-secret-for-visitors', carry: ['cart'], ...headless },
    routes: (app, passport) => {
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
      app.post('/plain', (req, res, next) => {
        const { id } = req.body as { id: string };
        req.login({ id }, (error: unknown) => {
          if (error !== undefined && error !== null) {
            next(error);
            return;
          }
          const { upgrade, guest } = req.headless;
          const session = req.session as unknown as { cart?: string[] };
          res.json({
            user: req.user,
            authenticated: req.isAuthenticated(),
            upgrade,
            guest,
            session: { cart: session.cart },
          });
        });
      });
      options.routes?.(app, passport);
    },
  });
  const server = createServer(shop.app);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await shop.close();
    },
  };
}
