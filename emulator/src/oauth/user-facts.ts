import type { User } from '../world/users.js';
import type { World } from '../world/world.js';

const resources = {
  enterprise: '/services/Soap/c/{version}/',
  metadata: '/services/Soap/m/{version}/',
  partner: '/services/Soap/u/{version}/',
  rest: '/services/data/v{version}/',
  sobjects: '/services/data/v{version}/sobjects/',
  search: '/services/data/v{version}/search/',
  query: '/services/data/v{version}/query/',
  recent: '/services/data/v{version}/recent/',
  tooling_soap: '/services/Soap/T/{version}/',
  tooling_rest: '/services/data/v{version}/tooling/',
  feeds: '/services/data/v{version}/chatter/feeds',
  groups: '/services/data/v{version}/chatter/groups',
  users: '/services/data/v{version}/chatter/users',
  feed_items: '/services/data/v{version}/chatter/feed-items',
  feed_elements: '/services/data/v{version}/chatter/feed-elements',
};

/** What userinfo and the identity URL say about a user in the same words. */
export interface UserFacts {
  readonly fullName: string;
  readonly nickname: string;
  readonly photos: { readonly picture: string; readonly thumbnail: string };
  readonly profile: string;
  /** Values hold a literal `{version}`. */
  readonly urls: Readonly<Record<string, string>>;
}

/** Facts of a site user, none of which the emulator lets anybody change. */
export function userFacts(user: User, world: World): UserFacts {
  const { url } = world.site;
  const names = [user.firstName, user.lastName].filter((name) => name !== null);
  const profile = `${url}/${user.userId}`;
  return {
    fullName: names.length === 0 ? user.username : names.join(' '),
    nickname: user.username.split('@')[0] ?? user.username,
    photos: { picture: `${url}/profilephoto/005/F`, thumbnail: `${url}/profilephoto/005/T` },
    profile,
    urls: {
      ...Object.fromEntries(Object.entries(resources).map(([name, path]) => [name, url + path])),
      profile,
      custom_domain: world.site.origin,
    },
  };
}

/** User type of customers of a site. */
export const externalUserType = 'CSP_LITE_PORTAL';

/** When every user was last changed, as far as anybody is told. */
export const lastModified = '2026-01-01T00:00:00Z';
