import { setTimeout as pause } from 'node:timers/promises';
import type { Exchange, OutgoingHeaders } from './exchange.js';

/** An answer with all its headers, ready to go out. */
export interface Parcel {
  readonly status: number;
  readonly headers: OutgoingHeaders;
  readonly body: Buffer;
}

function start(exchange: Exchange, parcel: Parcel): void {
  const bodiless = parcel.status === 204 || parcel.status === 304;
  exchange.start(parcel.status, {
    ...parcel.headers,
    ...(!bodiless && { 'Content-Length': String(parcel.body.length) }),
  });
}

/** Sends the answer as it should be. */
export function deliver(exchange: Exchange, parcel: Parcel): void {
  if (exchange.gone()) return;
  start(exchange, parcel);
  exchange.end(parcel.body);
}

/** Sends a byte a second, the first at once. Rejects when the emulator closes. */
export async function deliverSlowly(
  exchange: Exchange,
  parcel: Parcel,
  closing: AbortSignal,
): Promise<void> {
  start(exchange, parcel);
  for (const byte of parcel.body) {
    if (exchange.gone()) return;
    await exchange.write(Buffer.of(byte));
    await pause(1000, undefined, { signal: closing });
  }
  exchange.end(Buffer.alloc(0));
}

/** Declares the whole length, sends half and ends the connection. */
export async function deliverHalf(exchange: Exchange, parcel: Parcel): Promise<void> {
  start(exchange, parcel);
  await exchange.write(parcel.body.subarray(0, Math.ceil(parcel.body.length / 2)));
  exchange.cut();
}
