import { randomBytes } from 'node:crypto';
import { randomBase62 } from '../world/random.js';
import type { World } from '../world/world.js';
import type { Answer } from './answer.js';
import type { OutgoingHeaders } from './exchange.js';

/** Header values are one line of ASCII. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

/** Headers of every answer of a live site (wire contract, login, section 13.2; first-party, 1.5). */
export function siteHeaders(answer: Answer, world: World): OutgoingHeaders {
  const requestId = randomBytes(16).toString('hex');
  const year = 'path=/; Max-Age=31536000';
  const stock = [
    `BrowserId=${randomBase62(22)}; ${year}`,
    `CookieConsentPolicy=0:1; ${year}`,
    `LSKey-c$CookieConsentPolicy=0:1; ${year}`,
  ];
  const cookies = [...(world.settings.quirks.cookies ? stock : []), ...(answer.cookies ?? [])];
  return {
    Date: new Date(world.clock.now()).toUTCString(),
    Server: 'sfdcedge',
    'X-Content-Type-Options': 'nosniff',
    'X-XSS-Protection': '1; mode=block',
    'X-Robots-Tag': 'none',
    'Cache-Control': 'no-cache,must-revalidate,max-age=0,no-store,private',
    Expires: 'Thu, 01 Jan 1970 00:00:00 GMT',
    Vary: 'Accept-Encoding',
    'X-SFDC-Request-Id': requestId,
    'X-Request-Id': requestId,
    // Over TLS a browser would remember this and break every other http server on localhost.
    ...(world.site.origin.startsWith('http:') && {
      'Strict-Transport-Security': 'max-age=63072000; includeSubDomains',
    }),
    ...(cookies.length > 0 && { 'Set-Cookie': cookies }),
    ...(answer.reason !== undefined && { 'X-Emulator-Reason': headerText(answer.reason) }),
    ...answer.headers,
  };
}

/** Headers of control calls and of the pages for people. */
export function plainHeaders(answer: Answer, world: World): OutgoingHeaders {
  return {
    Date: new Date(world.clock.now()).toUTCString(),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...answer.headers,
  };
}
