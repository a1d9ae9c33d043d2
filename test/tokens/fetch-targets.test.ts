import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MockAgent } from 'undici';
import { HeadlessClient, HeadlessError } from '../../lib/index.js';

const site = 'https://acme.my.site.com/portal';
const org = 'https://acme.my.salesforce.com';

describe('the URLs that client.fetch takes', () => {
  let client: HeadlessClient;
  let agent: MockAgent;
  /** Where the token has gone. */
  let reached: string[];

  before(() => {
    agent = new MockAgent();
    agent.disableNetConnect();
    for (const origin of ['https://acme.my.site.com', org]) {
      for (const method of ['GET', 'POST']) {
        const path = (): boolean => true;
        const answer = agent.get(origin).intercept({ path, method });
        answer.reply(({ origin: to, path: at }) => {
          reached.push(`${String(to)}${at}`);
          return { statusCode: 204 };
        }).persist(); // prettier-ignore
      }
    }
    client = new HeadlessClient({
      site,
      clientId: 'app',
      redirectUri: 'https://app.example.com/callback',
      issuers: [org],
      dispatcher: agent,
    });
  });
  beforeEach(() => {
    reached = [];
  });
  after(() => agent.close());

  const goes = (target: string | URL, to: string, base?: string): void => {
    it(`lead ${String(target)} to ${to}`, async () => {
      const answer = await client.fetch('a-token', target, {}, base);
      assert.equal(answer.status, 204);
      assert.deepEqual(reached, [to]);
    });
  };
  goes('/services/data', `${site}/services/data`);
  goes('/services/data', `${org}/services/data`, org);
  goes('/services/data', `${org}/services/data`, `${org}/`);
  goes('/services/data', `${site}/services/data`, 'https://evil.example');
  goes('/query?q=SELECT Id FROM Case', `${site}/query?q=SELECT%20Id%20FROM%20Case`);
  goes('/@evil.example/', `${site}/@evil.example/`);
  goes('/.evil.example', `${org}/.evil.example`, org);
  goes(`${site}/x`, `${site}/x`);
  goes(new URL(`${org}/services/data`), `${org}/services/data`);

  const refused = (target: unknown): void => {
    it(`do not include ${String(target)}`, async () => {
      await assert.rejects(
        client.fetch('a-token', target as string),
        (error: unknown) => error instanceof HeadlessError && error.code === 'invalid_argument',
      );
      assert.deepEqual(reached, []);
    });
  };
  refused('https://evil.example/');
  refused('//evil.example/');
  refused('/\\evil.example/');
  refused('\\\\evil.example/');
  refused('\t//evil.example/');
  refused('https://acme.my.site.com@evil.example/');
  refused('https://acme.my.site.com:1@evil.example/');
  refused('https://somebody:secret@acme.my.site.com/');
  refused('https://acme.my.site.com.evil.example/');
  refused('https://acme.my.site.com:8443/');
  refused('http://acme.my.site.com/');
  refused('blob:https://acme.my.site.com/0c6b');
  refused('javascript:alert(1)');
  refused('services/data');
  refused('');
  refused(undefined);
  refused({});

  it('never lead anywhere else, whatever they are', async () => {
    const piece = fc.constantFrom(
      ...['/', '\\', '//', 'https:', 'http:', 'blob:', '@', ':', '.', '..', '?', '#', '%2f', '\t'],
      ...['\n', ' ', 'evil.example', 'acme.my.site.com', org, site, 'x', '[::1]', '\u3002', '\0'],
    );
    const target = fc.oneof(
      fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join('')),
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(target, fc.constantFrom(undefined, org, site), async (text, base) => {
        reached.splice(0);
        try {
          await client.fetch('a-token', text, {}, base);
        } catch (error) {
          assert.ok(error instanceof HeadlessError);
          assert.equal(error.code, 'invalid_argument');
          return;
        }
        const [url = ''] = reached;
        assert.ok([new URL(site).origin, org].includes(new URL(url).origin), url);
      }),
      { numRuns: 2_000 },
    );
  }).timeout(60_000);

  const unsendable = (title: string, call: object): void => {
    it(`cannot mend ${title}: the caller is told, and nothing is said of the network`, async () => {
      await assert.rejects(client.fetch('a-token', '/x', call), (error: unknown) => {
        assert.ok(error instanceof HeadlessError);
        assert.equal(error.code, 'invalid_argument');
        assert.doesNotMatch(JSON.stringify(error), /hush/);
        return true;
      });
    });
  };
  unsendable('a header of two lines', { headers: { 'x-key': 'hush\nhush' } });
  unsendable('a method that is none', { method: 'GET IT' });
  unsendable('a GET with a body', { body: 'x' });
});
