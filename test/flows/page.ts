import { clientRefusal } from './app-refusals.js';
import type { Flow, Refusal } from './flow.js';
import { guestCallback, readCallback, sendAsPage } from './page-call.js';

const username = 'alice@example.com';
const password = 'Passw0rd!';

/** Refusals that Salesforce sends by redirect come back to the app; others stay on the page, which then has nothing to hand on. */
function byRedirect(title: string, status: number, code?: string): Refusal {
  return {
    title: `${title}, told by redirect`,
    status,
    ...(code !== undefined && { code }),
    arrange: (scene) => {
      scene.emulator.settings({ quirks: { authorizeErrorStyle: 'redirect' } });
      if (code === undefined) scene.changeAlice({ isLocked: true });
      else scene.changeApp({ preapprovedUsers: [] });
    },
  };
}

const common: Omit<Flow, 'name' | 'proof' | 'begin' | 'obtain' | 'refusals'> = {
  clients: ['public', 'private'],
  flow: 'password',
  username,
  carriesVisitor: true,
  beginsSilently: true,
  finish: (visitor, entered) => visitor.visit('/callback', entered),
  another: guestCallback,
  without: {
    'sends a code again': 'The page asks Salesforce for a code by itself, and for another one.',
  },
};

export const pageFlows: readonly Flow[] = [
  {
    ...common,
    name: 'Browser-run login, by Salesforce’s echo endpoint',
    proof: 'secret in the body',
    begin: (_scene, visitor) => visitor.visit('/page/password/echo', {}),
    obtain: async (_scene, begun) => readCallback(await sendAsPage(begun, { username, password })),
    // The echo endpoint leaves the state out of an error: it cannot be told whose it is.
    refusals: [byRedirect('a locked user', 403), clientRefusal],
  },
  {
    ...common,
    name: 'Browser-run login, by the app’s own callback',
    proof: 'private key',
    begin: (_scene, visitor) => visitor.visit('/page/password/callback', {}),
    obtain: async (scene, begun) => {
      const { search } = new URL(await sendAsPage(begun, { username, password }));
      return readCallback(`${scene.origin}/page/callback${search}`);
    },
    refusals: [
      byRedirect('a locked user', 401),
      byRedirect('an app that is not approved for the user', 503, 'app_not_approved'),
      clientRefusal,
    ],
  },
];
