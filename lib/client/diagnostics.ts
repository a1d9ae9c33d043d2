import { tracingChannel } from 'node:diagnostics_channel';

/** What a subscriber of a channel gets: nothing in it is secret. */
export interface FlowTrace {
  /** The channel's flow, such as `login` or `guest`. */
  readonly flow: string;
  /** Origin of the site. */
  readonly site: string;
  readonly clientId: string;
  /** Set before `error` is published. */
  error?: unknown;
}

/**
 * Runs one flow inside the tracing channel `passport-sf-headless:<flow>` (node:diagnostics_channel).
 * The result stays out of the channel, since it holds tokens.
 */
export async function traced<T>(trace: FlowTrace, run: () => Promise<T>): Promise<T> {
  const channel = tracingChannel<FlowTrace, FlowTrace>(`passport-sf-headless:${trace.flow}`);
  const { start, end, asyncStart, asyncEnd, error } = channel;
  const heard = [start, end, asyncStart, asyncEnd, error].some((each) => each.hasSubscribers);
  if (!heard) return run();
  const outcome: { value?: { readonly result: T } } = {};
  await channel.tracePromise(async () => {
    outcome.value = { result: await run() };
  }, trace);
  if (outcome.value === undefined) throw new TypeError('a traced flow ended without a result');
  return outcome.value.result;
}
