import type { GuestIdentity } from '../client/identity.js';
import { ensureGuest, loginGuest } from '../session/guest.js';
import { headlessOf } from '../session/headless.js';
import { HeadlessStrategy, type StrategyOptions, type Verb } from './headless-strategy.js';
import type { OwnOptionKinds } from './options.js';
import type { Login, LoginRequest, Verify } from './verify.js';

/** Options of {@link GuestStrategy}. */
export interface GuestStrategyOptions extends StrategyOptions {
  /**
   * Whether a guest is logged in as a user, so that `req.user` is filled and `req.isAuthenticated()` is true.
   * Default false: then no guard that the app already has lets a guest in.
   */
  readonly asUser?: boolean | undefined;
}

const ownOptions: OwnOptionKinds<GuestStrategyOptions, StrategyOptions> = { asUser: 'boolean' };

/** What a guest is at `req.user` when the app does not say otherwise. */
export interface GuestUser {
  readonly kind: 'guest';
  readonly uvid: string;
}

function asGuestUser({ identity }: Login<GuestIdentity>): GuestUser {
  return { kind: 'guest', uvid: identity.uvid };
}

interface MaybeLoggedIn extends LoginRequest {
  isAuthenticated?(): boolean;
}

/**
 * Gives an unknown visitor a visitor id and a guest token, `sf-headless-guest`, and lets the request go on. The guest
 * is at `req.headless.guest`; `req.user` stays empty. A user who is logged in passes untouched. Needs `headlessSession`.
 */
export class GuestStrategy extends HeadlessStrategy<GuestIdentity> {
  private readonly asUser: boolean;

  /**
   * @param verify turns a guest into the app's user; used with `asUser` only. Default: a {@link GuestUser}.
   * @throws {TypeError} naming the option that is missing or wrong.
   */
  constructor(options: GuestStrategyOptions, verify: Verify<Login<GuestIdentity>> = asGuestUser) {
    super('sf-headless-guest', ownOptions, options, verify);
    this.asUser = options.asUser ?? false;
  }

  protected override async attempt(req: MaybeLoggedIn): Promise<Verb> {
    const headless = headlessOf(req);
    const isUser = req.isAuthenticated?.() === true;
    if (this.asUser && !isUser) {
      const { guest, login } = await loginGuest(headless, this.client);
      return this.conclude({ flow: 'guest', ...login, req }, () => {
        headless.announce({ flow: 'guest', uvid: guest.uvid, uvidRefused: false, guest });
      });
    }
    // A user without a guest is a named one. A guest who is a user may need a new token all the same.
    if (!isUser || headless.guest !== undefined) await ensureGuest(headless, this.client);
    // The only strategy that may let a request pass without a user (hazard 8).
    return () => {
      this.pass();
    };
  }
}
