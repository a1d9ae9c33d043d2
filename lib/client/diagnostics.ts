import { hasSubscribers, tracingChannel } from 'node:diagnostics_channel';

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

const parts = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;

/**
 * Runs one flow inside the tracing channel `passport-sf-headless:<flow>` (node:diagnostics_channel).
 * The result stays out of the channel, since it holds tokens.
 */
export async function traced<T>(trace: FlowTrace, run: () => Promise<T>): Promise<T> {
  const name = `passport-sf-headless:${trace.flow}`;
  if (!parts.some((part) => hasSubscribers(`tracing:${name}:${part}`))) return run();
  const channel = tracingChannel<FlowTrace, FlowTrace>(name);
  const outcome: { value?: { readonly result: T } } = {};
  await channel.tracePromise(async () => {
    outcome.value = { result: await run() };
  }, trace);
  if (outcome.value === undefined) throw new TypeError('a traced flow ended without a result');
  return outcome.value.result;
}
