import assert from 'node:assert/strict';
import type { FlowScene } from './scene.js';
import type { Form, Visitor } from './visitor.js';

/** Who registers. */
export const newcomer = { firstName: 'Ana', lastName: 'Ruiz', email: 'ana@example.com' };

/** The password of whoever registers. */
export const newcomersPassword = 'Str0ng-enough';

/** Has a code for a passwordless login sent in a browser, and gives it. */
export async function headlessCode(scene: FlowScene, visitor: Visitor): Promise<string> {
  const reply = await visitor.visit('/code', { username: 'alice@example.com', ...scene.captcha });
  assert.equal(reply.status, 200, reply.text);
  return scene.code('passwordless');
}

/** Has a code for a registration sent in a browser, and gives it. */
export async function registrationCode(scene: FlowScene, visitor: Visitor): Promise<string> {
  const form = { ...newcomer, password: newcomersPassword, ...scene.captcha };
  const reply = await visitor.visit('/register', form);
  assert.equal(reply.status, 200, reply.text);
  return scene.code('registration');
}

/** What is wrong with a call that a site protects. */
export function protectionRefusals(flow: 'passwordless' | 'registration' | 'forgotPassword') {
  return [
    {
      title: 'a flow that is switched off for the site',
      at: 'begin',
      status: 503,
      code: 'flow_disabled',
      arrange: (scene: FlowScene) => {
        scene.emulator.settings({ [flow]: { enabled: false } });
      },
    },
    {
      title: 'no reCAPTCHA token',
      at: 'begin',
      status: 503,
      code: 'recaptcha_required',
      clients: ['public'],
      begin: { recaptcha: '' } as Form,
    },
    {
      title: 'a reCAPTCHA token that Salesforce does not take',
      at: 'begin',
      status: 403,
      code: 'recaptcha_refused',
      clients: ['public'],
      begin: { recaptcha: 'fail' } as Form,
    },
    {
      title: 'a reCAPTCHA score that is too low',
      at: 'begin',
      status: 403,
      code: 'recaptcha_refused',
      clients: ['public'],
      begin: { recaptcha: 'score:0.3' } as Form,
    },
    {
      title: 'an integration user who gets no token',
      at: 'begin',
      status: 503,
      code: 'integration_refused',
      clients: ['private'],
      arrange: (scene: FlowScene) => {
        scene.emulator.deleteClient('robot');
      },
    },
  ] as const;
}
