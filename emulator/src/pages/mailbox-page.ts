import { html, type Answer } from '../http/answer.js';
import type { LogEntry } from '../world/request-log.js';
import type { Message } from '../world/outbox.js';
import type { User } from '../world/users.js';
import type { World } from '../world/world.js';
import { maskBody, maskForm } from './mask.js';
import { escapeHtml, noIcon } from './stub.js';

const style = `
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1b1b1b; background: #fff; }
.wide { overflow-x: auto; margin-bottom: 2rem; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: 600; padding: .5rem 0; }
th, td { border: 1px solid #767676; padding: .3rem .6rem; text-align: left; vertical-align: top; }
td pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
code { font-size: 1.1em; }
`;

const longestLog = 50;

function table(caption: string, columns: readonly string[], rows: readonly string[][]): string {
  const head = columns.map((column) => `<th scope="col">${column}</th>`).join('');
  const cells = (row: string[]): string => row.map((cell) => `<td>${cell}</td>`).join('');
  const body = rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n');
  const empty = `<tr><td colspan="${columns.length}">Nothing yet</td></tr>`;
  // Scrolls by itself where the window is narrow, by keyboard too.
  return `<div class="wide" role="region" aria-label="${caption}" tabindex="0">
<table><caption>${caption}</caption><thead><tr>${head}</tr></thead>
<tbody>${body === '' ? empty : body}</tbody></table></div>`;
}

function time(at: number): string {
  const iso = new Date(at).toISOString();
  return `<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')}</time>`;
}

function userRow(user: User): string[] {
  const state = [
    user.isActive ? 'active' : 'inactive',
    ...(user.isLocked ? ['locked'] : []),
    ...(user.passwordExpired ? ['password expired'] : []),
    ...(user.isMfaRequired ? ['must do MFA'] : []),
  ];
  const verified = (yes: boolean): string => (yes ? ' (verified)' : ' (not verified)');
  const phone = user.mobilePhone;
  return [
    escapeHtml(user.username),
    escapeHtml(user.email) + verified(user.emailVerified),
    phone === null ? '' : escapeHtml(phone) + verified(user.mobileVerified),
    state.join(', '),
    user.userId,
  ];
}

function messageRow(message: Message): string[] {
  const { at, to, channel, purpose, code } = message;
  return [`<code>${escapeHtml(code)}</code>`, escapeHtml(to), time(at), channel, purpose];
}

function logRow(entry: LogEntry): string[] {
  const sent = [maskForm(entry.query), maskBody(entry.body)].filter((text) => text !== '');
  return [
    time(entry.at),
    escapeHtml(`${entry.method} ${entry.path}`),
    escapeHtml(entry.headers['auth-request-type'] ?? ''),
    `<pre>${escapeHtml(sent.join('\n'))}</pre>`,
    entry.status === null ? 'no answer' : String(entry.status),
    `HTTP/${escapeHtml(entry.httpVersion)}`,
  ];
}

/** `GET /__emulator__/`: users, mailbox and requests for people; secrets of requests are masked. */
export function mailboxPage(world: World): Answer {
  const { url } = world.site;
  const requests = world.log.list().slice(-longestLog).reverse().map(logRow);
  return html(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>sf-headless-emulator</title>
${noIcon}
<style>${style}</style>
</head>
<body>
<main>
<h1>sf-headless-emulator</h1>
<p>The emulated site is <code>${escapeHtml(url)}</code>. <a href="">Reload</a> to see what is new.</p>
<h2 id="mailbox">Mailbox</h2>
${table('One-time codes sent, newest first', ['Code', 'To', 'Sent', 'By', 'For'], world.outbox.list().map(messageRow))}
<h2 id="users">Users</h2>
${table('Users of the site', ['Username', 'E-mail', 'Phone', 'State', 'Id'], world.users.all().map(userRow))}
<h2 id="log">Requests</h2>
${table(`The last ${longestLog} requests, newest first`, ['Received', 'Request', 'Auth-Request-Type', 'Parameters', 'Status', 'Protocol'], requests)}
</main>
</body>
</html>
`);
}
