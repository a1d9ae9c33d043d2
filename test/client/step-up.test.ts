import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { HeadlessClient, StepUpRequired } from '../../lib/index.js';
import { DraftServer } from '../support/draft-server.js';

const refreshToken = 'a-refresh-token-1';

describe('a refresh that the server answers by a challenge', () => {
  let server: DraftServer;
  let client: HeadlessClient;
  before(async () => {
    server = await DraftServer.start();
    client = new HeadlessClient({
      site: server.issuer.origin,
      clientId: 'app',
      clientSecret: 'app-secret',
      clientSecretIn: 'header',
      redirectUri: 'http://localhost:3000/callback',
      firstParty: { discover: true, clientAuthentication: true },
    });
  });
  after(async () => {
    await client.close();
    await server.close();
  });

  async function stepUp(): Promise<StepUpRequired> {
    let caught: unknown;
    try {
      await client.refresh({ refreshToken });
    } catch (error) {
      caught = error;
    }
    if (caught instanceof StepUpRequired) return caught;
    return assert.fail('the refresh should have asked for one more step');
  }

  it('rejects with what is asked for', async () => {
    const error = await stepUp();
    assert.equal(error.code, 'step_up_required');
    assert.equal(error.fault, 'credentials');
    assert.equal(error.status, 401);
    assert.equal(error.outcome.error, 'insufficient_authorization');
    assert.equal(error.outcome.members['totp'], true);
  });

  it('is answered at the challenge endpoint, and ends in new tokens', async () => {
    const { outcome } = await stepUp();
    const end = await client.challenge({
      session: outcome.session,
      parameters: { totp_code: '482913' },
    });
    assert.equal(end.state, 'done');
  });

  it('shows nothing of the session that goes on', async () => {
    const error = await stepUp();
    const [, session = ''] =
      /"authSession":"([^"]+)"/.exec(error.outcome.session.serialize()) ?? [];
    assert.ok(session.startsWith('as-'));
    assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes(session));
    assert.ok(!JSON.stringify(error).includes(session));
  });
});
