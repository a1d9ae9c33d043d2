import { setTimeout as pause } from 'node:timers/promises';
import { answerControl, isControl } from '../control/answer-control.js';
import type { LogEntry } from '../world/request-log.js';
import type { World } from '../world/world.js';
import { json, text, type Answer } from './answer.js';
import { answerSite } from './answer-site.js';
import { deliver, deliverHalf, deliverSlowly } from './deliver.js';
import type { Exchange } from './exchange.js';
import { spoiled } from './faulty.js';
import { plainHeaders, siteHeaders } from './headers.js';
import { withoutPrefix } from './mount.js';
import { readRequest, type SiteRequest } from './site-request.js';

async function answerSafely(
  answer: (request: SiteRequest, world: World) => Answer | Promise<Answer>,
  request: SiteRequest,
  world: World,
): Promise<Answer> {
  try {
    return await answer(request, world);
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error));
    return text('Internal Server Error', 500, 'the emulator failed; see its standard error');
  }
}

/** Answers one request: a control call, or a call of the site with faults, log and counters. */
export async function serve(exchange: Exchange, world: World, closing: AbortSignal): Promise<void> {
  const { request, isTooLarge } = await readRequest(exchange);
  if (isControl(request.path)) {
    const answer = isTooLarge
      ? json({ error: 'body: above 1 MiB' }, 400)
      : await answerSafely(answerControl, request, world);
    deliver(exchange, {
      status: answer.status,
      headers: plainHeaders(answer, world),
      body: Buffer.from(answer.body),
    });
    return;
  }
  const entry: LogEntry = { at: world.clock.now(), ...request, status: null };
  const endpoint = `${request.method} ${withoutPrefix(request.path, world)}`;
  world.log.add(entry, endpoint);

  const act = (): Answer | Promise<Answer> =>
    isTooLarge
      ? text('Request Entity Too Large', 413, 'body above 1 MiB')
      : answerSafely(answerSite, request, world);
  const parcel = (answer: Answer): Parameters<typeof deliver>[1] => {
    entry.status = answer.status;
    const headers = siteHeaders(answer, world);
    return { status: answer.status, headers, body: Buffer.from(answer.body) };
  };
  const rule = world.faults.strike(endpoint);
  let actual = rule === undefined || rule.after === true ? await act() : undefined;
  if (rule?.delay !== undefined) await pause(rule.delay, undefined, { signal: closing });
  if (rule?.fault === undefined || rule.fault === 'delay') {
    actual ??= await act();
    deliver(exchange, parcel(actual));
    return;
  }
  const { answer, delivery } = spoiled({ ...rule, fault: rule.fault }, actual);
  if (delivery === 'whole') deliver(exchange, parcel(answer));
  else if (delivery === 'slow') await deliverSlowly(exchange, parcel(answer), closing);
  else if (delivery === 'half') await deliverHalf(exchange, parcel(answer));
  else if (delivery === 'reset') exchange.reset();
}
