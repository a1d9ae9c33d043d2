import { query } from './data/query.js';
import { anyResource } from './data/any-resource.js';
import { passwordStatus } from './data/password-status.js';
import { authorizationChallenge } from './first-party/authorization-challenge.js';
import { forgotPassword } from './headless/forgot-password.js';
import { initPasswordless } from './headless/init-passwordless.js';
import { initRegistration } from './headless/init-registration.js';
import type { Answer } from './http/answer.js';
import type { CorsClass } from './http/cors.js';
import type { SiteRequest } from './http/site-request.js';
import { authorize } from './oauth/authorize.js';
import { authConfiguration, openidConfiguration, otherWellKnown } from './oauth/discovery.js';
import { echo } from './oauth/echo.js';
import { identity } from './oauth/identity.js';
import { introspect } from './oauth/introspect.js';
import { keySet } from './oauth/key-set.js';
import { authorizationPage, resumeAuthorization } from './oauth/pending-authorization.js';
import { pkceGenerator } from './oauth/pkce-generator.js';
import { revoke } from './oauth/revoke.js';
import { singleAccess } from './oauth/single-access.js';
import { token } from './oauth/token.js';
import { userinfo } from './oauth/userinfo.js';
import { frontdoor } from './site/frontdoor.js';
import { login } from './site/login.js';
import { endOidcSession, logout } from './site/logout.js';
import { authorizationError, initiateSso, ssoCallback } from './site/sso.js';
import type { World } from './world/world.js';

/** Answers one call of the site. */
type Endpoint = (request: SiteRequest, world: World) => Answer | Promise<Answer>;

/** Where an endpoint lies, without site prefix, and who may call it how. */
export interface Route {
  readonly path: string | RegExp;
  readonly methods: readonly string[];
  readonly cors: CorsClass;
  readonly endpoint: Endpoint;
}

const get = ['GET'];
const post = ['POST'];
const getOrPost = ['GET', 'POST'];
const any = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Every endpoint of the site; the first match counts. */
export const routes: readonly Route[] = [
  { path: '/services/oauth2/authorize', methods: getOrPost, cors: 'oauth', endpoint: authorize },
  { path: '/services/oauth2/echo', methods: get, cors: 'oauth', endpoint: echo },
  { path: '/services/oauth2/token', methods: post, cors: 'oauth', endpoint: token },
  {
    path: /^\/services\/oauth2\/(?:v1\/authorization_challenge|authorization_challenge|authorize-challenge)$/,
    methods: post,
    cors: 'nobody',
    endpoint: authorizationChallenge,
  },
  { path: '/services/oauth2/revoke', methods: getOrPost, cors: 'oauth', endpoint: revoke },
  { path: '/services/oauth2/introspect', methods: post, cors: 'oauth', endpoint: introspect },
  {
    path: '/services/oauth2/pkce/generator',
    methods: get,
    cors: 'oauth',
    endpoint: pkceGenerator,
  },
  {
    path: '/services/oauth2/singleaccess',
    methods: getOrPost,
    cors: 'nobody',
    endpoint: singleAccess,
  },
  { path: '/services/oauth2/userinfo', methods: getOrPost, cors: 'allowlist', endpoint: userinfo },
  { path: '/services/oauth2/id/keys', methods: get, cors: 'everyone', endpoint: keySet },
  { path: '/id/keys', methods: get, cors: 'everyone', endpoint: keySet },
  { path: /^\/id\/[^/]+\/[^/]+$/, methods: getOrPost, cors: 'allowlist', endpoint: identity },
  {
    path: '/.well-known/openid-configuration',
    methods: get,
    cors: 'everyone',
    endpoint: openidConfiguration,
  },
  {
    path: '/.well-known/auth-configuration',
    methods: getOrPost,
    cors: 'everyone',
    endpoint: authConfiguration,
  },
  { path: /^\/\.well-known\//, methods: any, cors: 'allowlist', endpoint: otherWellKnown },
  {
    path: '/services/auth/headless/init/registration',
    methods: post,
    cors: 'oauth',
    endpoint: initRegistration,
  },
  {
    path: '/services/auth/headless/forgot_password',
    methods: post,
    cors: 'oauth',
    endpoint: forgotPassword,
  },
  {
    path: '/services/auth/headless/init/passwordless/login',
    methods: post,
    cors: 'oauth',
    endpoint: initPasswordless,
  },
  {
    path: /^\/services\/data\/v\d+\.0\/query\/?$/,
    methods: getOrPost,
    cors: 'allowlist',
    endpoint: query,
  },
  {
    path: /^\/services\/data\/v\d+\.0\/sobjects\/User\/[^/]+\/password$/,
    methods: get,
    cors: 'allowlist',
    endpoint: passwordStatus,
  },
  { path: /^\/services\/data\//, methods: any, cors: 'allowlist', endpoint: anyResource },
  { path: '/login', methods: getOrPost, cors: 'nobody', endpoint: login },
  { path: authorizationPage, methods: get, cors: 'nobody', endpoint: resumeAuthorization },
  { path: '/secur/frontdoor.jsp', methods: get, cors: 'nobody', endpoint: frontdoor },
  { path: '/secur/logout.jsp', methods: get, cors: 'nobody', endpoint: logout },
  {
    path: '/services/auth/idp/oidc/logout',
    methods: getOrPost,
    cors: 'nobody',
    endpoint: endOidcSession,
  },
  { path: /^\/services\/auth\/sso\/[^/]+$/, methods: get, cors: 'nobody', endpoint: initiateSso },
  {
    path: /^\/services\/authcallback\/[^/]+$/,
    methods: get,
    cors: 'nobody',
    endpoint: ssoCallback,
  },
  {
    path: '/_nc_external/identity/sso/ui/AuthorizationError',
    methods: get,
    cors: 'nobody',
    endpoint: authorizationError,
  },
];
