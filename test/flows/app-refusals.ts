import type { Refusal } from './flow.js';

/** What can be wrong with the app or the site when a login reaches authorize and token; told to the operator, never to the visitor. */
export const appRefusals: readonly Refusal[] = [
  {
    title: 'an app that is not approved for the user',
    status: 503,
    code: 'app_not_approved',
    meanwhile: (scene) => {
      scene.changeApp({ preapprovedUsers: [] });
    },
  },
  {
    title: 'a scope that the app does not have',
    status: 503,
    code: 'not_headless',
    meanwhile: (scene) => {
      scene.changeApp({ scopes: ['web'] });
    },
  },
  {
    title: 'a redirect URI that is not registered',
    status: 503,
    code: 'redirect_uri_mismatch',
    meanwhile: (scene) => {
      scene.changeApp({ redirectUris: ['http://localhost:3000/elsewhere'] });
    },
  },
  {
    title: 'an app that Salesforce does not know',
    status: 503,
    code: 'invalid_client_id',
    meanwhile: (scene) => {
      scene.removeApp();
    },
  },
  {
    title: 'an app that has the flow switched off',
    status: 503,
    code: 'not_headless',
    meanwhile: (scene) => {
      scene.changeApp({ isCodeCredFlowEnabled: false });
    },
  },
  {
    title: 'a site that is not active',
    status: 503,
    code: 'site_not_found',
    meanwhile: (scene) => {
      scene.emulator.settings({ site: { active: false } });
    },
  },
];

/** A secret or key that is no longer the one Salesforce has. */
export const clientRefusal: Refusal = {
  title: 'a client whose secret or key was replaced',
  status: 503,
  code: 'invalid_client',
  clients: ['private'],
  meanwhile: (scene) => {
    scene.replaceProof();
  },
};
