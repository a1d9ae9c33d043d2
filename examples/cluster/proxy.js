import { createServer, request as send } from 'node:http';

/** Bytes that a form may have. */
const longest = 64 * 1024;

/** Milliseconds without a byte of an answer after which a process counts as frozen: for what only reads, and for the rest. */
const patience = { reading: 10_000, writing: 30_000 };

const onlyReads = ({ method }) => ['GET', 'HEAD'].includes(method);

/**
 * A proxy that asks the processes in turn, whoever the visitor is. A request goes on to the next process when it cannot
 * have had an effect: when there was no connection, or when it only reads and no answer came. `GET /health` is answered here.
 *
 * @param supervisor whose members are asked.
 */
export function createProxy(supervisor) {
  let turn = 0;

  /** The members that are ready, the one whose turn it is first. */
  function inTurn() {
    const ready = supervisor.members.filter(({ url }) => url !== undefined);
    const first = turn++ % Math.max(1, ready.length);
    return [...ready.slice(first), ...ready.slice(0, first)];
  }

  return createServer(async (req, res) => {
    const members = inTurn();
    if (req.url === '/health') {
      res.writeHead(members.length > 0 ? 200 : 503, { 'content-type': 'application/json' });
      res.end(JSON.stringify({ processes: supervisor.members }));
      return;
    }
    const body = await bodyOf(req);
    if (body === undefined) {
      refuse(res, 413, 'That was too much text.');
      return;
    }
    let refusal = members.length > 0 ? [502, 'Please try again.'] : [503, 'No process is up.'];
    for (const { url } of members) {
      try {
        await forward(req, body, url, res);
        return;
      } catch (error) {
        const hadNoEffect = error.code === 'ECONNREFUSED' || onlyReads(req);
        if (error.code === 'ETIMEDOUT') refusal = [504, 'No answer came in time.'];
        if (res.headersSent) res.destroy();
        if (res.headersSent || res.destroyed) return;
        if (!hadNoEffect) break;
      }
    }
    refuse(res, ...refusal);
  });
}

function refuse(res, status, text) {
  res.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`);
}

/** The body of a request, kept so that it can be sent again; undefined when it is too long. */
async function bodyOf(req) {
  const chunks = [];
  let length = 0;
  for await (const chunk of req) {
    length += chunk.length;
    if (length <= longest) chunks.push(chunk);
  }
  return length <= longest ? Buffer.concat(chunks) : undefined;
}

/** Passes a request on, and the answer back. Rejects when the process did not answer. */
function forward(req, body, url, res) {
  return new Promise((resolve, reject) => {
    const headers = {
      ...req.headers,
      connection: 'close',
      'content-length': body.length,
      'x-forwarded-for': req.socket.remoteAddress,
      'x-forwarded-proto': 'http',
    };
    delete headers['transfer-encoding'];
    // Without keep-alive: the end of a process never meets a request on an old connection.
    const timeout = onlyReads(req) ? patience.reading : patience.writing;
    const options = { method: req.method, path: req.url, headers, timeout, agent: false };
    const passed = send(new URL(url), options, (answer) => {
      res.writeHead(answer.statusCode, withoutConnection(answer.headers));
      answer.on('error', reject).pipe(res).on('finish', resolve);
    });
    passed.on('timeout', () => {
      passed.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }));
    });
    passed.on('error', reject).end(body);
    // A visitor who has gone away needs no answer.
    res.on('close', () => passed.destroy());
  });
}

function withoutConnection({ connection: _connection, 'keep-alive': _keepAlive, ...headers }) {
  return headers;
}
