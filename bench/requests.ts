import type { Variant } from './variants.js';

/** Numbers of requests per method and path. */
export type Requests = Readonly<Record<string, number>>;

/** What the later count has more than the earlier one. */
export function added(earlier: Requests, later: Requests): Requests {
  const more = Object.entries(later).map(
    ([name, count]) => [name, count - (earlier[name] ?? 0)] as const,
  );
  return Object.fromEntries(more.filter(([, count]) => count > 0));
}

/** The sum of two counts. */
export function sum(one: Requests, other: Requests): Requests {
  const total: Record<string, number> = { ...one };
  for (const [name, count] of Object.entries(other)) total[name] = (total[name] ?? 0) + count;
  return total;
}

/** What the emulator must have received by so many logins, the first one included. */
function expected({ calls, verifies }: Variant, logins: number): Requests {
  return {
    ...(calls && {
      'POST /services/oauth2/authorize': logins,
      'POST /services/oauth2/token': logins,
    }),
    ...(verifies.length > 0 && { 'GET /id/keys': 1 }),
  };
}

/** How the requests of a variant's logins differ from what they must be; empty when they do not. */
export function complaints(variant: Variant, logins: number, requests: Requests): string[] {
  const wanted = expected(variant, logins);
  const names = [...new Set([...Object.keys(wanted), ...Object.keys(requests)])];
  return names
    .filter((name) => (wanted[name] ?? 0) !== (requests[name] ?? 0))
    .map(
      (name) =>
        `${variant.title}: ${requests[name] ?? 0} instead of ${wanted[name] ?? 0} × ${name}`,
    );
}
