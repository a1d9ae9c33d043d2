import { setTimeout as pause } from 'node:timers/promises';
import type { Exchange, OutgoingHeaders } from './exchange.js';

/** An answer with all its headers, ready to go out. */
export interface Parcel {
  readonly status: number;
  readonly headers: OutgoingHeaders;
  readonly body: Buffer;
}

/** A fault may have set one of its own. */
const framing = ['content-length', 'transfer-encoding'];
/** What goes out instead of an empty body that is to be slow: nobody waits for the last of them. */
const blanks = Buffer.alloc(60, ' ');

function start(exchange: Exchange, { status, headers }: Parcel, length: number): void {
  const isFramed = Object.keys(headers).some((name) => framing.includes(name.toLowerCase()));
  const isBodiless = status === 204 || status === 304;
  exchange.start(status, {
    ...headers,
    ...(!isBodiless && !isFramed && { 'Content-Length': String(length) }),
  });
}

/** Sends the answer as it should be. */
export function deliver(exchange: Exchange, parcel: Parcel): void {
  if (exchange.gone()) return;
  start(exchange, parcel, parcel.body.length);
  exchange.end(parcel.body);
}

/** Sends a byte a second, the first at once. Rejects when the emulator closes. */
export async function deliverSlowly(
  exchange: Exchange,
  parcel: Parcel,
  closing: AbortSignal,
): Promise<void> {
  const body = parcel.body.length === 0 ? blanks : parcel.body;
  start(exchange, parcel, body.length);
  for (const byte of body) {
    if (exchange.gone()) return;
    await exchange.write(Buffer.of(byte));
    await pause(1000, undefined, { signal: closing });
  }
  exchange.end(Buffer.alloc(0));
}

/** Declares the whole length, of a short body more than that, sends half and ends the connection. */
export async function deliverHalf(exchange: Exchange, parcel: Parcel): Promise<void> {
  const { length } = parcel.body;
  start(exchange, parcel, Math.max(length, 2));
  await exchange.write(parcel.body.subarray(0, Math.ceil(length / 2)));
  exchange.cut();
}
