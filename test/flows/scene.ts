import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ClientInput, Emulator, LogEntry, Purpose, UserInput } from 'sf-headless-emulator';
import type { Login, Upgrade } from '../../lib/index.js';
import { selfSigned } from '../emulator/certificate.js';
import type { Shop } from '../support/shop.js';
import { itemsOf } from '../upgrade/cart-shop.js';
import type { ClientKind, Flow } from './flow.js';
import { createFlowShop } from './flow-shop.js';
import { clientId, clientOf, protectSite, registerApp } from './site.js';
import { Visitor } from './visitor.js';

/** As in the emulator's default world. */
const aliceRecord: UserInput = {
  password: 'Passw0rd!',
  mobilePhone: '+12025550101',
  mobileVerified: true,
};

/** What a scene needs to know of a flow. */
type Opened = Pick<Flow, 'proof' | 'shop' | 'arrange'>;

/** One app over one site, set up for one flow and one kind of client, and what has happened there. */
export class FlowScene {
  readonly emulator: Emulator;
  readonly kind: ClientKind;
  readonly origin: string;
  /** Every run of the upgrade hook. */
  readonly upgrades: Upgrade[];
  private readonly app: ClientInput;
  private readonly shop: Shop;
  private readonly server: Server;

  private constructor(
    {
      emulator,
      kind,
      upgrades,
      app,
    }: Pick<FlowScene, 'emulator' | 'kind' | 'upgrades'> & {
      readonly app: ClientInput;
    },
    shop: Shop,
    server: Server,
  ) {
    this.emulator = emulator;
    this.kind = kind;
    this.upgrades = upgrades;
    this.app = app;
    this.shop = shop;
    this.server = server;
    this.origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  }

  /** Opens the app. A public client meets a site that asks for reCAPTCHA, a private one a site that asks for an integration user's token. */
  static async open(flow: Opened, kind: ClientKind, emulator: Emulator): Promise<FlowScene> {
    const app = registerApp(emulator, kind, flow.proof);
    protectSite(emulator, kind);
    const upgrades: Upgrade[] = [];
    const shop = createFlowShop({
      ...flow.shop,
      emulator,
      client: clientOf(kind, flow.proof),
      headless: {
        onUpgrade: (upgrade) => {
          upgrades.push(upgrade);
        },
      },
    });
    const server = createServer(shop.app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const scene = new FlowScene({ emulator, kind, upgrades, app }, shop, server);
    flow.arrange?.(scene);
    emulator.clearLog();
    return scene;
  }

  visitor(): Visitor {
    return new Visitor(this.origin);
  }

  /** A browser whose guest has put something into the cart. */
  async guest(item = 'tent'): Promise<{ readonly visitor: Visitor; readonly uvid: string }> {
    const visitor = this.visitor();
    const { body } = await visitor.visit('/add', { item });
    return { visitor, uvid: body.guest?.uvid ?? '' };
  }

  /** What verify functions were given. */
  get logins(): readonly Login[] {
    return this.shop.logins;
  }

  /** What upgrades have handed over. */
  get handedOver(): readonly (readonly string[])[] {
    return this.upgrades.map(itemsOf);
  }

  /** The id of a user at Salesforce, if there is one. */
  userId(username: string): string | undefined {
    return this.emulator.state().users[username]?.userId;
  }

  /** Changes the app as an administrator does. */
  changeApp(changes: ClientInput): void {
    this.emulator.client(clientId, { ...this.app, ...changes });
  }

  /** Changes Alice's account as an administrator does. */
  changeAlice(changes: UserInput): void {
    this.emulator.user('alice@example.com', { ...aliceRecord, ...changes });
  }

  /** Has Salesforce expect another secret and another key of the app. */
  replaceProof(): void {
    const { secret, clientAssertionCertificate } = this.app;
    this.changeApp({
      ...(secret !== undefined && { secret: 'another secret' }),
      ...(clientAssertionCertificate && { clientAssertionCertificate: selfSigned().cert }),
    });
  }

  /** Has Salesforce not know the app any more. */
  removeApp(): void {
    this.emulator.deleteClient(clientId);
  }

  /** The newest code that was sent for a purpose. */
  code(purpose: Purpose): string {
    return this.emulator.outbox().find((message) => message.purpose === purpose)?.code ?? 'none';
  }

  /** What reCAPTCHA gave the page, where the site asks for it. */
  get captcha(): Readonly<Record<string, string>> {
    return this.kind === 'public' ? { recaptcha: 'pass' } : {};
  }

  /** The calls that Salesforce got while something was done. */
  async during(doing: () => Promise<unknown>): Promise<LogEntry[]> {
    const before = this.emulator.log().length;
    await doing();
    return this.emulator.log().slice(before);
  }

  /** All that lies in the session store, as text. */
  stored(): string {
    return JSON.stringify(Reflect.get(this.shop.store, 'sessions'));
  }

  /** How many sessions somebody is logged in in. */
  get openLogins(): number {
    const sessions = Object.values(Reflect.get(this.shop.store, 'sessions') as object);
    return sessions.filter((session) => String(session).includes('"passport":{"user"')).length;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await this.shop.close();
  }
}
