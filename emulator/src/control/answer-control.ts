import { json, type Answer } from '../http/answer.js';
import type { SiteRequest } from '../http/site-request.js';
import { WrongInput } from '../world/check.js';
import type { World } from '../world/world.js';
import { controlCalls, type ControlCall } from './calls.js';
import { Unknown } from './records.js';

const root = '/__emulator__';

/** True for control calls and pages, which are neither logged nor counted. */
export function isControl(path: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

function decode(text: string, key: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new WrongInput(key, 'not percent-encoded');
  }
}

/** Unlike in forms a plus sign is a plus sign here: addresses and phone numbers hold one. */
function readQuery(raw: string): Map<string, string> {
  const pairs = raw.split('&').filter((pair) => pair !== '');
  return new Map(
    pairs.map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return [decode(name, 'query'), decode(value.join('='), name)];
    }),
  );
}

function readBody(raw: string): unknown {
  if (raw.trim() === '') return {};
  try {
    return JSON.parse(raw);
  } catch {
    throw new WrongInput('body', 'not JSON');
  }
}

/** The call a request means, with the segment that stands for `:name`. */
function find(method: string, path: string): { found: ControlCall; name: string } | undefined {
  const [first = '', ...rest] = path.split('/');
  for (const found of controlCalls) {
    if (found.call === `${method} ${path}`) return { found, name: '' };
    if (rest.length === 1 && found.call === `${method} ${first}/:name`) {
      return { found, name: decode(rest[0] ?? '', first) };
    }
  }
  return undefined;
}

/** The answer to a control call: 404 for an unknown one, 400 naming the key for wrong input. */
export async function answerControl(request: SiteRequest, world: World): Promise<Answer> {
  try {
    const match = find(request.method, request.path.slice(root.length + 1));
    if (match === undefined) {
      return json({ error: `no control call ${request.method} ${request.path}` }, 404);
    }
    const input = {
      name: match.name,
      query: readQuery(request.query),
      body: readBody(request.body),
    };
    return await match.found.run(world, input);
  } catch (error) {
    if (error instanceof WrongInput) return json({ error: error.message }, 400);
    if (error instanceof Unknown) return json({ error: error.message }, 404);
    throw error;
  }
}
