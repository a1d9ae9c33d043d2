import { json, text, type Answer } from '../http/answer.js';
import type { SiteRequest } from '../http/site-request.js';
import { organizationId } from '../world/record-ids.js';
import type { World } from '../world/world.js';

const scopes =
  'cdp_ingest_api custom_permissions cdp_segment_api content cdp_api chatbot_api ' +
  'cdp_identityresolution_api interaction_api wave_api web cdp_calculated_insight_api ' +
  'einstein_gpt_api offline_access id api data_cloud_user_claims eclair_api email pardot_api ' +
  'lightning visualforce cdp_query_api sfap_api address openid profile scrt_api cdp_profile_api ' +
  'refresh_token phone user_registration_api pwdless_login_api chatter_api mcp_api full ' +
  'forgot_password';

const claims =
  'active address email email_verified family_name given_name is_app_installed language locale ' +
  'name nickname organization_id phone_number phone_number_verified photos picture ' +
  'preferred_username profile sub updated_at urls user_id user_type zoneinfo';

/**
 * `/.well-known/openid-configuration`: the key set of live sites, the same under every prefix. The
 * issuer is the origin, the endpoints lie on the site (wire contract, login, section 7.1;
 * first-party, section 13.1).
 */
export function openidConfiguration(_request: SiteRequest, world: World): Answer {
  const { url, origin } = world.site;
  return json({
    end_session_endpoint: `${url}/services/auth/idp/oidc/logout`,
    frontchannel_logout_supported: true,
    frontchannel_logout_session_supported: false,
    issuer: origin,
    authorization_endpoint: `${url}/services/oauth2/authorize`,
    token_endpoint: `${url}/services/oauth2/token`,
    revocation_endpoint: `${url}/services/oauth2/revoke`,
    userinfo_endpoint: `${url}/services/oauth2/userinfo`,
    jwks_uri: `${url}/id/keys`,
    registration_endpoint: `${url}/services/oauth2/register`,
    introspection_endpoint: `${url}/services/oauth2/introspect`,
    scopes_supported: scopes.split(' '),
    response_types_supported: ['code', 'token', 'token id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    display_values_supported: ['page', 'popup', 'touch'],
    token_endpoint_auth_methods_supported: [
      'client_secret_post',
      'client_secret_basic',
      'private_key_jwt',
    ],
    claims_supported: claims.split(' '),
  });
}

/** `/.well-known/auth-configuration`: how people log in at the site (wire contract, first-party, section 13.3). */
export function authConfiguration(_request: SiteRequest, world: World): Answer {
  const { url } = world.site;
  return json({
    OrgId: organizationId.slice(0, 15),
    Url: url,
    MobileSDK: {
      UseiOSNativeBrowserForAuthentication: false,
      UseAndroidNativeBrowserForAuthentication: false,
      shareBrowserSessionIOS: false,
      shareBrowserSessionAndroid: false,
    },
    LoginPage: { LoginPageUrl: `${url}/login` },
    SamlProviders: [],
    AuthProviders: Object.keys(world.settings.sso.providers).map((name) => ({
      Name: name,
      SsoUrl: `${url}/services/auth/sso/${encodeURIComponent(name)}`,
    })),
    CertificateLogin: null,
    LoginPageType: 'standard',
    LoginPageTypeConfigs: {},
  });
}

/** Every other well-known document, as on a live site: 401 (wire contract, first-party, section 13.2). */
export function otherWellKnown(): Answer {
  return text('', 401, 'not a well-known document of this site');
}
