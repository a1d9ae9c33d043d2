import assert from 'node:assert/strict';
import { Cluster } from './cluster.js';
import { lockTtl, patience, type Member } from './member.js';

const refreshCall = 'POST /services/oauth2/token';
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('eight processes over one Redis, with refresh tokens that rotate', function () {
  this.timeout(40_000);
  let cluster: Cluster;
  let first: Member;
  let second: Member;
  before(async function () {
    cluster = await Cluster.start(this, 8);
    [first, second] = [cluster.member(0), cluster.member(1)];
  });
  // Where Redis is not installed nothing was started.
  after(() => (cluster as Cluster | undefined)?.stop());
  afterEach(() => cluster.emulator.faults([]));

  it('serve 1,600 requests at once by one refresh', async () => {
    const customer = await cluster.expiredCustomer();
    const answers = await cluster.storm(customer, 200, '/shared/token');
    assert.equal(answers.length, 1_600);
    await cluster.assertServed(customer, answers);
    cluster.assertOneRefresh();
    cluster.assertBookings(customer, await cluster.storm(customer, 1, '/shared/bookings'));
    cluster.assertOneRefresh();
  });

  for (const [side, ahead] of [
    ['fast', 60_000],
    ['slow', -60_000],
  ] as const) {
    describe(`with a clock that is a minute ${side} in one of them`, () => {
      beforeEach(() => first.setClockAhead(ahead));
      afterEach(() => first.setClockAhead(0));

      it('refresh once', async () => {
        const customer = await cluster.expiredCustomer();
        const answers = await cluster.storm(customer, 20, '/shared/bookings');
        cluster.assertBookings(customer, answers);
        cluster.assertOneRefresh();
      });

      it('hand out no token that has ended, whichever of them has stored it', async () => {
        const customer = await cluster.customerAt(first, 4);
        await pause(4_200);
        const answers = await cluster.storm(customer, 1, '/shared/token', [second, first]);
        await cluster.assertServed(customer, answers);
        cluster.assertOneRefresh();
      });

      it('refresh once when that one does it', async () => {
        const customer = await cluster.expiredCustomer();
        cluster.emulator.faults([{ match: refreshCall, delay: 300 }]);
        const leader = cluster.storm(customer, 1, '/shared/bookings', [first]);
        await cluster.refreshIsUnderWay();
        const others = cluster.storm(customer, 20, '/shared/bookings');
        cluster.assertBookings(customer, (await Promise.all([leader, others])).flat());
        cluster.assertOneRefresh();
      });
    });
  }

  it('refresh once while Redis stands still for longer than a lock lives', async () => {
    const customer = await cluster.expiredCustomer();
    cluster.emulator.faults([{ match: refreshCall, delay: 300 }]);
    const begun = Date.now();
    const storm = cluster.storm(customer, 25, '/shared/token');
    await cluster.refreshIsUnderWay();
    await cluster.freezeRedis(lockTtl + 3_000);
    await cluster.assertServed(customer, await storm);
    assert.ok(Date.now() - begun > lockTtl + 3_000);
    cluster.assertOneRefresh();
  });

  describe('one of which is killed', () => {
    let doomed: Member;
    beforeEach(async () => {
      doomed = await cluster.startMember();
    });
    afterEach(() => doomed.kill());

    it('refresh once when another of them does it; its requests are served elsewhere', async () => {
      const customer = await cluster.expiredCustomer();
      cluster.emulator.faults([{ match: refreshCall, delay: 500 }]);
      const leader = cluster.storm(customer, 1, '/shared/token', [first]);
      await cluster.refreshIsUnderWay();
      const others = cluster.storm(customer, 20, '/shared/token');
      let moved = 0;
      // As a balancer does: a request whose process has died goes to the next one.
      const askDoomed = () =>
        customer.ask(doomed.url, '/shared/token').catch(() => {
          moved += 1;
          return customer.ask(second.url, '/shared/token');
        });
      const asked = Promise.all(Array.from({ length: 20 }, askDoomed));
      await pause(100);
      await doomed.kill();
      const answers = await Promise.all([leader, others, asked]);
      await cluster.assertServed(customer, answers.flat());
      cluster.assertOneRefresh();
      assert.ok(moved > 0, 'nothing was under way in the process that was killed');
    });

    it('send nothing again when it had sent the refresh, and ask for a login', async () => {
      const customer = await cluster.expiredCustomer();
      cluster.emulator.faults([{ match: refreshCall, fault: 'hang', after: true, times: 1 }]);
      const lost = assert.rejects(customer.ask(doomed.url, '/shared/token'));
      await cluster.refreshIsUnderWay();
      await doomed.kill();
      await lost;
      const begun = Date.now();
      const answers = await cluster.storm(customer, 20, '/shared/token');
      const outcomes = answers.map(({ status, body }) => `${status} ${body.code ?? ''}`);
      assert.deepEqual([...new Set(outcomes)], ['401 refresh_lost']);
      // Nobody waits longer than the lock and the call of the dead process could have lived.
      const waited = Date.now() - begun;
      assert.ok(waited < lockTtl + patience + 4_000, `${waited} ms`);
      assert.equal(cluster.refreshes().length, 1);

      assert.equal((await customer.logIn(second.url)).status, 200);
      await cluster.assertServed(customer, await cluster.storm(customer, 5, '/shared/token'));
      assert.equal(cluster.refreshes().length, 1);
    });
  });

  describe('without shared locks', () => {
    it('leave alone what another process has sent', async () => {
      const customer = await cluster.expiredCustomer();
      cluster.emulator.faults([{ match: refreshCall, delay: 600 }]);
      const leader = cluster.storm(customer, 1, '/alone/token', [first]);
      await cluster.refreshIsUnderWay();
      const others = cluster.storm(customer, 25, '/alone/token', cluster.members.slice(1));
      await cluster.assertServed(customer, (await Promise.all([leader, others])).flat());
      cluster.assertOneRefresh();
    });

    // This shows that eight processes which run do not send one token twice. It cannot show that they never do: one that
    // stands still between reading a record and writing it, for longer than the others wait, still may.
    it('send each refresh token once, though all of them begin at the same moment', async () => {
      const customers = await cluster.expiredCustomers(30);
      for (let begin = 0; begin < customers.length; begin += 10) {
        const racing = customers.slice(begin, begin + 10);
        const races = racing.map((customer) => cluster.storm(customer, 1, '/alone/token'));
        for (const [number, answers] of (await Promise.all(races)).entries()) {
          const customer = racing[number];
          assert.ok(customer);
          await cluster.assertServed(customer, answers);
        }
      }
      const sent = cluster.refreshes().map(({ body }) => {
        return new URLSearchParams(body).get('refresh_token');
      });
      assert.equal(new Set(sent).size, customers.length);
      assert.equal(sent.length, customers.length);
    });
  });
});
