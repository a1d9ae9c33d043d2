import {
  HeadlessClient,
  HeadlessError,
  type HeadlessErrorCode,
  type NamedLogin,
  type OtpTicket,
} from 'passport-sf-headless/client';
import {
  HeadlessClient as TheSame,
  HeadlessError as SameError,
  TokenSet,
} from 'passport-sf-headless';

/** One class by either door: a client of one fits where the other is asked for. */
const client: TheSame = new HeadlessClient({
  site: 'https://shop.example.com',
  clientId: '3MVG9.example',
  redirectUri: 'https://app.example.com/callback',
  clientSecret: process.env['CLIENT_SECRET'],
  integration: { clientSecret: process.env['ROBOT_SECRET'], loginUrl: process.env['LOGIN_URL'] },
});

export function codeOf(error: unknown): HeadlessErrorCode | undefined {
  const known: SameError | undefined = error instanceof HeadlessError ? error : undefined;
  return known?.code;
}

export async function logIn(username: string, password: string): Promise<string> {
  const { identity, tokens, uvid }: NamedLogin = await client.login({ username, password });
  const set: TokenSet = tokens;
  const until: number | undefined = set.expiresAt;
  return [identity.userId, identity.name, uvid, set.accessToken, until].join(' ');
}

export async function sendCode(username: string): Promise<OtpTicket> {
  return client.startOtp({ username, method: 'sms', recaptcha: 'a-token' });
}

export async function logInByCode(ticket: OtpTicket, code: string): Promise<string> {
  const { identity } = await client.finishOtp({ ...ticket, code });
  return identity.userId;
}

export async function visitorOf(guestToken: string): Promise<string> {
  const { subject } = await client.verifyAccessToken(guestToken);
  if (subject.kind === 'guest') return subject.uvid;
  const { uvid } = await client.guest({ guestToken });
  return uvid;
}

/** What an app hands to `fetch` goes here as well. */
export async function upload(token: string, init: RequestInit, file: Blob): Promise<number> {
  const headers = new Headers({ accept: 'application/json' });
  await client.fetch(token, '/services/data', { ...init, headers, body: file });
  return (await client.fetch(token, '/services/data', init)).status;
}
