import assert from 'node:assert/strict';
import type { BrowserRequest } from '../../lib/index.js';
import type { FlowScene } from './scene.js';
import type { Form, Reply, Visitor } from './visitor.js';

/** What a page does with Salesforce by itself: sends what the app has told it to, with what the visitor has entered. */
export async function sendAsPage(begun: Reply | undefined, entered: Form): Promise<string> {
  assert.ok(begun !== undefined);
  return sendToSalesforce(begun.body as unknown as BrowserRequest, entered);
}

/** The same, once what the app has told it is read. Gives where Salesforce redirects to. */
export async function sendToSalesforce(
  { url, headers, parameters }: BrowserRequest,
  entered: Form,
): Promise<string> {
  const body = new URLSearchParams({ ...parameters, ...entered });
  const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual' });
  return answer.headers.get('location') ?? `about:blank?error=none&status=${String(answer.status)}`;
}

/** What the echo endpoint, or the app's own callback, tells the page. */
export async function readCallback(url: string): Promise<Form> {
  return (await (await fetch(url)).json()) as Form;
}

/** What ends the flow of a guest that a page runs. */
export async function guestCallback(_scene: FlowScene, visitor: Visitor): Promise<Form> {
  const begun = await visitor.visit('/page/guest/echo', {});
  return readCallback(await sendAsPage(begun, {}));
}
