import { createServer as createHttp1 } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { createServer as createTcp, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { http1Exchange, http2Exchange, type Exchange } from './exchange.js';

/** Key and certificate, as PEM text, to serve HTTPS with HTTP/2 by ALPN. */
export interface TlsOptions {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
}

/** An open port on the loopback interface. */
export interface Server {
  readonly port: number;
  /** Ends every connection at once, hung ones included. */
  close(): Promise<void>;
}

const preface = Buffer.from('PRI * HTTP/2.0');

type Taker = (socket: Socket) => void;

/** Hands a connection on once its first bytes say whether it speaks HTTP/2. */
function sniff(socket: Socket, http1: Taker, http2: Taker, held = Buffer.alloc(0)): void {
  socket.once('readable', () => {
    const piece: unknown = socket.read();
    if (!Buffer.isBuffer(piece)) return;
    const first = Buffer.concat([held, piece]);
    const length = Math.min(first.length, preface.length);
    const alike = first.subarray(0, length).equals(preface.subarray(0, length));
    if (alike && length < preface.length) {
      sniff(socket, http1, http2, first);
      return;
    }
    socket.unshift(first);
    (alike ? http2 : http1)(socket);
  });
}

/**
 * Listens on 127.0.0.1 and serves HTTP/1.1 and HTTP/2 with prior knowledge on one port, or both
 * over TLS when `tls` is given. Rejects when the port cannot be had.
 *
 * @param port 0 takes a free one.
 */
export async function listen(
  port: number,
  tls: TlsOptions | undefined,
  serve: (exchange: Exchange) => void,
): Promise<Server> {
  const http1 = createHttp1({ keepAliveTimeout: 60_000 }, (request, response) => {
    serve(http1Exchange(request, response));
  });
  const http2 = createHttp2((request, response) => {
    serve(http2Exchange(request, response));
  });
  const accept = (socket: Socket): void => {
    // A client that breaks off before it has sent a request is no concern of the emulator.
    socket.on('error', () => undefined);
    sniff(
      socket,
      (s) => http1.emit('connection', s),
      (s) => http2.emit('connection', s),
    );
  };
  const server = tls
    ? createTls({ key: tls.key, cert: tls.cert, ALPNProtocols: ['h2', 'http/1.1'] }, accept)
    : createTcp(accept);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}
