import assert from 'node:assert/strict';
import type { LogEntry } from 'sf-headless-emulator';
import type { FlowScene } from './scene.js';
import { clientSecret, robotSecret } from './site.js';
import type { Specified } from './specify.js';
import type { Form, Reply } from './visitor.js';

const secretFields = [
  'password',
  'newpassword',
  'newPassword',
  'otp',
  'code',
  'code_verifier',
  'client_secret',
  'client_assertion',
  'auth_session',
];

function fieldsOf(body: string): Record<string, unknown> {
  return body.startsWith('{')
    ? (JSON.parse(body) as Record<string, unknown>)
    : Object.fromEntries(new URLSearchParams(body));
}

function secretsAmong(fields: Readonly<Record<string, unknown>>): string[] {
  return secretFields.flatMap((name) => {
    const value = fields[name];
    return typeof value === 'string' ? [value] : [];
  });
}

/** What a call to Salesforce carries that nobody else may see. */
function secretsOf({ body, headers }: LogEntry): string[] {
  const { authorization = '' } = headers;
  const [scheme = '', credential = ''] = authorization.split(' ');
  const pair = Buffer.from(credential, 'base64').toString('utf8');
  const half = scheme === 'Basic' ? [pair.slice(pair.indexOf(':') + 1)] : [];
  return [...secretsAmong(fieldsOf(body)), credential, ...half];
}

/** Everything secret that a login was about. */
function allSecrets(scene: FlowScene, calls: readonly LogEntry[], entered: Form): string[] {
  const tokens = scene.logins.flatMap(({ tokens: { accessToken, refreshToken } }) => [
    accessToken,
    refreshToken ?? '',
  ]);
  const all = [...calls.flatMap(secretsOf), ...secretsAmong(entered), ...tokens];
  return [...new Set([...all, clientSecret, robotSecret])].filter((secret) => secret !== '');
}

export function showsNoSecret({ flow, aspect }: Specified): void {
  aspect('shows no secret', async (scene) => {
    const { visitor } = await scene.guest();
    const step: { begun?: Reply | undefined; entered: Form } = { entered: {} };
    const kept: string[] = [];
    const first = await scene.during(async () => {
      step.begun = await flow.begin?.(scene, visitor);
    });
    kept.push(scene.stored());
    // What a browser or a page sends to Salesforce by itself is not the app's to hide.
    const outside = await scene.during(async () => {
      step.entered = await flow.obtain(scene, step.begun);
    });
    const last = await scene.during(() => flow.finish(visitor, step.entered));
    kept.push(scene.stored());
    const ours = [...first, ...last];
    const secrets = allSecrets(scene, [...ours, ...outside], step.entered);
    assert.ok(secrets.length > 5, 'there is something to hide');

    for (const secret of secrets) {
      for (const { path, query } of ours) {
        assert.ok(
          !decodeURIComponent(path + query).includes(secret),
          `${path} shows a secret in its URL`,
        );
      }
      for (const { text } of visitor.answers) {
        assert.ok(!text.includes(secret), `an answer shows a secret: ${text.slice(0, 80)}`);
      }
      for (const text of kept)
        assert.ok(!text.includes(secret), 'the session store shows a secret');
    }
  });
}
