import { CookieVisitor } from '../emulator/cookie-visitor.js';
import { clientRefusal } from './app-refusals.js';
import { provider } from './flow-shop.js';
import type { Flow, Refusal } from './flow.js';
import { guestCallback } from './page-call.js';
import type { Form, Visitor } from './visitor.js';

const username = 'alice@example.com';

function outcome(value: 'deny' | 'error'): NonNullable<Refusal['arrange']> {
  return (scene) => {
    scene.emulator.settings({ sso: { providers: { [provider]: { username, outcome: value } } } });
  };
}

const callback = (visitor: Visitor, entered: Form) =>
  visitor.visit(`/callback?${new URLSearchParams(entered).toString()}`);

const siteRefusals: readonly Refusal[] = [
  {
    title: 'an app that is not approved for the user',
    status: 503,
    code: 'app_not_approved',
    arrange: (scene) => {
      scene.changeApp({ preapprovedUsers: [] });
    },
  },
  {
    title: 'a scope that the app does not have',
    status: 503,
    code: 'invalid_scope',
    arrange: (scene) => {
      scene.changeApp({ scopes: ['web'] });
    },
  },
  {
    title: 'an app that Salesforce no longer knows',
    status: 503,
    code: 'invalid_client_id',
    meanwhile: (scene) => {
      scene.removeApp();
    },
  },
  clientRefusal,
];

const common: Omit<Flow, 'name' | 'proof' | 'begin' | 'obtain' | 'refusals'> = {
  clients: ['public', 'private'],
  flow: 'sso',
  username,
  carriesVisitor: false,
  beginsSilently: true,
  finish: callback,
  another: guestCallback,
  without: {
    'sends a code again': 'The app sends no code: who the visitor is, another page finds out.',
  },
};

export const redirectFlows: readonly Flow[] = [
  {
    ...common,
    name: 'Native single sign-on',
    proof: 'private key',
    begin: (_scene, visitor, more) =>
      visitor.visit(`/sso?${new URLSearchParams({ provider, ...more }).toString()}`),
    obtain: async (scene, begun) => {
      const arrival = await new CookieVisitor(scene.emulator).go(begun?.location ?? '');
      return Object.fromEntries(arrival.url.searchParams);
    },
    refusals: [
      { title: 'a person who said no', status: 403, arrange: outcome('deny') },
      {
        title: 'a provider that is not offered',
        at: 'begin',
        status: 400,
        begin: { provider: 'Evil' },
      },
      ...siteRefusals,
    ],
  },
  {
    ...common,
    name: 'Redirect to the site’s own page',
    proof: 'secret in the body',
    begin: (_scene, visitor) => visitor.visit('/sso'),
    obtain: async (scene, begun) => {
      const browser = new CookieVisitor(scene.emulator);
      const page = await browser.go(begun?.location ?? '');
      // An app with a fault is sent back at once.
      const arrival = page.url.searchParams.has('state')
        ? page
        : await browser.fillIn(page, username);
      return Object.fromEntries(arrival.url.searchParams);
    },
    refusals: siteRefusals,
  },
];
