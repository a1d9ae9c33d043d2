import assert from 'node:assert/strict';
import type { Context } from 'mocha';
import { createClient } from 'redis';
import { startEmulator, type Emulator, type LogEntry } from 'sf-headless-emulator';
import type { Agent } from 'undici';
import { startRedis, type Service } from '../support/services.js';
import { Customer, openAgent, type Answer } from './customer.js';
import { Member } from './member.js';

const clientId = 'rotating';

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Several processes of one app over one Redis, and an org whose refresh tokens rotate. */
export class Cluster {
  readonly emulator: Emulator;
  readonly members: Member[] = [];
  private readonly redis: Service;
  private readonly agent: Agent = openAgent();
  private customers = 0;

  private constructor(emulator: Emulator, redis: Service) {
    this.emulator = emulator;
    this.redis = redis;
  }

  /** Skips the test where Redis is not installed. */
  static async start(context: Context, size: number): Promise<Cluster> {
    const redis = await startRedis(context);
    const cluster = new Cluster(await startEmulator(), redis);
    cluster.tokensLive(30);
    const members = Array.from({ length: size }, () => cluster.startMember());
    cluster.members.push(...(await Promise.all(members)));
    return cluster;
  }

  /** One more process, which is its starter's to end. */
  startMember(): Promise<Member> {
    return Member.start({ site: this.emulator.url, clientId, redis: this.redis.url });
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    await this.agent.destroy();
    await this.emulator.close();
    await this.redis.stop();
  }

  member(number: number): Member {
    const member = this.members[number];
    assert.ok(member);
    return member;
  }

  /** Has Redis stand still, as a machine does whose disk or network is stuck. */
  async freezeRedis(milliseconds: number): Promise<void> {
    const client = createClient({ url: this.redis.url });
    await client.connect();
    const pid = Number(/^process_id:(\d+)/m.exec(await client.info('server'))?.[1]);
    client.destroy();
    process.kill(pid, 'SIGSTOP');
    await pause(milliseconds);
    process.kill(pid, 'SIGCONT');
  }

  /** So many customers whose access tokens have ended, and who have asked for nothing since. */
  async expiredCustomers(count: number): Promise<Customer[]> {
    this.tokensLive(1 / 60);
    const all = Array.from({ length: count }, () => this.newCustomer());
    for (const customer of all) {
      const { status, body } = await customer.logIn(this.member(0).url);
      assert.equal(status, 200, body.code);
    }
    this.tokensLive(30);
    await pause(1_100);
    this.emulator.clearLog();
    return all;
  }

  /** A customer who has logged in at a process, and whose access token lives for so many seconds. */
  async customerAt(member: Member, seconds: number): Promise<Customer> {
    this.tokensLive(seconds / 60);
    const customer = this.newCustomer();
    const { status, body } = await customer.logIn(member.url);
    assert.equal(status, 200, body.code);
    this.tokensLive(30);
    this.emulator.clearLog();
    return customer;
  }

  async expiredCustomer(): Promise<Customer> {
    const [customer] = await this.expiredCustomers(1);
    assert.ok(customer);
    return customer;
  }

  /** So many requests at each of these processes, all at once. */
  storm(
    customer: Customer,
    requests: number,
    path: string,
    members: readonly Member[] = this.members,
  ): Promise<Answer[]> {
    const all = members.flatMap(({ url }) =>
      Array.from({ length: requests }, () => customer.ask(url, path)),
    );
    return Promise.all(all);
  }

  /** The refreshes that the emulator has received. */
  refreshes(): LogEntry[] {
    return this.emulator.log().filter(({ body }) => body.includes('grant_type=refresh_token'));
  }

  /** Returns when the emulator has received a refresh; it may not have answered. */
  async refreshIsUnderWay(): Promise<void> {
    for (const deadline = Date.now() + 5_000; this.refreshes().length === 0; await pause(5)) {
      assert.ok(Date.now() < deadline, 'nobody refreshes');
    }
  }

  /** One refresh was sent and answered, and nothing was revoked. */
  assertOneRefresh(): void {
    const statuses = this.refreshes().map(({ status }) => status);
    assert.deepEqual(statuses, [200]);
    const revoked = this.emulator.log().filter(({ path }) => path.endsWith('/revoke'));
    assert.deepEqual(revoked, []);
  }

  /** Every request was served, with one token of the right user that Salesforce takes. */
  async assertServed(customer: Customer, answers: readonly Answer[]): Promise<void> {
    const outcomes = answers.map(({ status, body }) => `${status} ${body.code ?? ''}`);
    assert.deepEqual([...new Set(outcomes)], ['200 ']);
    const [token = '', ...others] = new Set(answers.map(({ body }) => body.token ?? ''));
    assert.equal(others.length, 0);
    const asked = await fetch(`${this.emulator.url}/services/oauth2/userinfo`, {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(asked.status, 200, 'the token is dead');
    const { preferred_username } = (await asked.json()) as { preferred_username: string };
    assert.equal(preferred_username, customer.username);
  }

  /** Every request brought the bookings of the right user from Salesforce. */
  assertBookings(customer: Customer, answers: readonly Answer[]): void {
    const outcomes = answers.map(({ status, body }) => {
      return `${status} ${body.code ?? body.bookings?.records?.[0]?.Name ?? ''}`;
    });
    assert.deepEqual([...new Set(outcomes)], [`200 ${customer.username}`]);
  }

  private newCustomer(): Customer {
    this.customers += 1;
    const username = `customer-${this.customers}@example.com`;
    const records = { Booking__c: [{ Name: username }] };
    this.emulator.user(username, { password: 'Passw0rd!', records });
    return new Customer(username, this.agent);
  }

  /** How many minutes the access tokens of logins and refreshes live from now on. */
  private tokensLive(minutes: number): void {
    this.emulator.client(clientId, {
      redirectUris: ['http://localhost:3000/callback'],
      isNamedUserJwtEnabled: true,
      isRefreshTokenRotationEnabled: true,
      namedUserJwtTimeout: minutes,
    });
  }
}
