import assert from 'node:assert/strict';
import {
  awaitsInFunctionsOnly,
  emulatorStandsAlone,
  exportsByName,
  frameworksAreTypes,
  hidesNothingFromPassport,
  importsPointDown,
  isAtHomeAnywhere,
  isFinished,
  isShort,
  keepsNoModuleState,
  leavesNoTimer,
  leavesSessionsAlone,
  namesSayWhatIsInside,
  opensNoConnection,
  protocolIsPure,
  readsNoEnvironment,
  readSource,
  repositoryPaths,
  sourceOf,
  staysInside,
  type Rule,
} from './support/architecture.js';

/** Files that may be long, each with its reason. */
const longFiles: ReadonlyMap<string, string> = new Map([
  ['lib/errors.ts', 'one table of codes, read as a whole by whoever translates it'],
  [
    'lib/client/headless-client.ts',
    'the contract of the client in one place; every method delegates',
  ],
]);
const longest = 250;

const paths = repositoryPaths();
const isCode = (path: string): boolean => /\.[cm]?[jt]s$/.test(path);
const code = (folder: string) => (path: string) => path.startsWith(folder) && isCode(path);
const inLib = code('lib/');
const inLibExcept = (folder: string) => (path: string) => inLib(path) && !path.startsWith(folder);

interface Law {
  readonly says: string;
  readonly rule: Rule;
  readonly holds: (path: string) => boolean;
  /** Made-up sources that break the rule, as path and text. */
  readonly breaks: readonly (readonly [string, string])[];
  /** Made-up sources that look like a breach and are none. */
  readonly keeps?: readonly (readonly [string, string])[];
}

const laws: readonly Law[] = [
  {
    says: 'imports in lib/ point to a lower level or into their own folder',
    rule: importsPointDown,
    holds: inLib,
    breaks: [
      ['lib/errors.ts', "import { a } from './protocol/a.js';"],
      ['lib/protocol/a.ts', "import type { A } from '../client/a.js';"],
      ['lib/client/a.ts', "export * from '../session/a.js';"],
      ['lib/client/index.ts', "export type { A } from '../strategies/a.js';"],
      ['lib/session/a.ts', "type A = import('../strategies/a.js').A;"],
      ['lib/strategies/a.ts', "const a = await import('../index.js');"],
      ['lib/redis.ts', "import { a } from './index.js';"],
      ['lib/doctor/a.ts', "import { a } from '../redis.js';"],
      ['lib/session/a.ts', "import { a } from '../../emulator/src/a.js';"],
      ['lib/shelf/a.ts', ''],
    ],
    keeps: [
      ['lib/client/index.ts', "export type { A } from '../protocol/a.js'; export * from './b.js';"],
      ['lib/strategies/a.ts', "import { a } from '../errors.js'; import { b } from './b.js';"],
      ['lib/index.ts', "export * from './strategies/a.js';"],
      ['lib/doctor/a.ts', "import { a } from './b.js'; import { c } from '../client/index.js';"],
    ],
  },
  {
    says: 'nothing in lib/ imports the emulator, tests, examples, or the package by its own name',
    rule: staysInside,
    holds: inLib,
    breaks: [
      ['lib/session/a.ts', "import { a } from '../../test/support/a.js';"],
      ['lib/index.ts', "export * from '../examples/shop/a.js';"],
      ['lib/client/a.ts', "import { startEmulator } from 'sf-headless-emulator';"],
      ['lib/protocol/a.ts', "import type { HeadlessClient } from 'passport-sf-headless/client';"],
      ['lib/client/a.ts', 'const a = (name: string) => import(name);'],
    ],
    keeps: [['lib/client/a.ts', "import { a } from '../errors.js'; import { b } from 'jose';"]],
  },
  {
    says: 'the emulator never imports the library: it is the second witness',
    rule: emulatorStandsAlone,
    holds: code('emulator/'),
    breaks: [
      ['emulator/src/oauth/a.ts', "import { a } from '../../../lib/protocol/a.js';"],
      ['emulator/src/a.ts', "import type { Fields } from 'passport-sf-headless';"],
      ['emulator/bin/a.js', "import { a } from '../../dist/index.js';"],
      ['emulator/src/a.ts', "const a = require('passport-sf-headless/client');"],
    ],
    keeps: [['emulator/bin/a.js', "import { run } from '../dist/cli.js';"]],
  },
  {
    says: 'lib/protocol/ does no I/O and reads no clock and no random source',
    rule: protocolIsPure,
    holds: code('lib/protocol/'),
    breaks: [
      ['lib/protocol/a.ts', 'export const a = () => Date.now();'],
      ['lib/protocol/a.ts', 'export const a = () => new Date();'],
      ['lib/protocol/a.ts', 'export const a = () => Date();'],
      ['lib/protocol/a.ts', 'export const a = () => Math.random();'],
      ['lib/protocol/a.ts', "import { createHash, randomBytes } from 'node:crypto';"],
      ['lib/protocol/a.ts', "import { randomUUID } from 'crypto';"],
      ['lib/protocol/a.ts', "import * as crypto from 'node:crypto';"],
      ['lib/protocol/a.ts', 'export const a = () => crypto.randomUUID();'],
      ['lib/protocol/a.ts', 'export const a = () => setTimeout(() => 1, 1);'],
      ['lib/protocol/a.ts', "import { request } from 'node:http';"],
      ['lib/protocol/a.ts', "import { connect } from 'node:net';"],
      ['lib/protocol/a.ts', "import { readFileSync } from 'node:fs';"],
      ['lib/protocol/a.ts', "import { request } from 'undici';"],
      ['lib/protocol/a.ts', "export const a = () => fetch('https://example.com');"],
      ['lib/protocol/a.ts', 'export const a = () => process.hrtime();'],
    ],
    keeps: [
      ['lib/protocol/a.ts', "import { createHash } from 'node:crypto';"],
      ['lib/protocol/a.ts', 'export const a = (time: string) => new Date(time).getTime();'],
      ['lib/protocol/a.ts', 'export const a = (clock: { now(): number }) => clock.now();'],
      ['lib/protocol/a.ts', '// Date.now() would be wrong here'],
    ],
  },
  {
    says: 'only lib/client/ opens connections',
    rule: opensNoConnection,
    holds: inLibExcept('lib/client/'),
    breaks: [
      ['lib/session/a.ts', "import { Agent } from 'undici';"],
      ['lib/strategies/a.ts', "import { request } from 'node:https';"],
      ['lib/redis.ts', "import { connect } from 'net';"],
      ['lib/doctor/a.ts', "import * as tls from 'node:tls';"],
      ['lib/session/a.ts', "const a = await import('node:http2');"],
      ['lib/session/a.ts', "export const a = () => fetch('https://example.com');"],
      ['lib/session/a.ts', "import { createRemoteJWKSet } from 'jose';"],
      ['lib/session/a.ts', "import { type IncomingMessage } from 'node:http';"],
    ],
    keeps: [
      ['lib/session/a.ts', "import type { IncomingMessage } from 'node:http';"],
      ['lib/session/a.ts', 'class A { fetch() { return 1; } } export const a = new A().fetch();'],
    ],
  },
  {
    says: 'only lib/session/ touches req.session, its id and its store',
    rule: leavesSessionsAlone,
    holds: inLibExcept('lib/session/'),
    breaks: [
      ['lib/strategies/a.ts', 'export const a = (req: any) => req.session.cart;'],
      ['lib/strategies/a.ts', 'export const a = (req: any) => req?.sessionID;'],
      ['lib/strategies/a.ts', "export const a = (req: any) => req['sessionStore'];"],
      ['lib/index.ts', 'export const a = ({ session }: any) => session;'],
      [
        'lib/client/a.ts',
        'export const a = (req: any) => { const { session: b } = req; return b; };',
      ],
    ],
    keeps: [['lib/strategies/a.ts', "import { guestOf } from '../session/guest.js';"]],
  },
  {
    says: 'lib/ uses Express, express-session and Passport as types only',
    rule: frameworksAreTypes,
    holds: inLib,
    breaks: [
      ['lib/strategies/a.ts', "import passport from 'passport';"],
      ['lib/session/a.ts', "import { type Store } from 'express-session';"],
      ['lib/session/a.ts', "import session from 'express-session';"],
      ['lib/index.ts', "export { Router } from 'express';"],
      ['lib/index.ts', "import 'express';"],
    ],
    keeps: [
      ['lib/strategies/a.ts', "import type { Request } from 'express';"],
      ['lib/strategies/a.ts', "import { Strategy } from 'passport-strategy';"],
    ],
  },
  {
    says: 'lib/ reads no environment variable and prints nothing',
    rule: readsNoEnvironment,
    holds: inLib,
    breaks: [
      ['lib/client/a.ts', "export const a = () => process.env['SITE'];"],
      ['lib/client/a.ts', 'const { env } = process;'],
      ['lib/client/a.ts', "export const a = globalThis.process['env'];"],
      ['lib/client/a.ts', "import { env } from 'node:process';"],
      ['lib/doctor/a.ts', "console.log('hello');"],
      ['lib/session/a.ts', "process.stderr.write('hello');"],
    ],
    keeps: [
      ['lib/session/a.ts', "process.emitWarning('in one process only');"],
      ['lib/doctor/a.ts', "process.stdout.write('hello');"],
    ],
  },
  {
    says: 'lib/ leaves no timer running',
    rule: leavesNoTimer,
    holds: inLib,
    breaks: [
      ['lib/session/a.ts', 'setInterval(() => 1, 1000);'],
      ['lib/session/a.ts', 'const a = setInterval(b, 1); clearInterval(a); clearTimeout(a);'],
      ['lib/session/a.ts', 'export const a = () => setTimeout(() => 1, 1000);'],
      ['lib/session/a.ts', "import { setTimeout } from 'node:timers/promises';"],
    ],
    keeps: [['lib/session/a.ts', 'const a = setTimeout(() => 1, 1); clearTimeout(a);']],
  },
  {
    says: 'no module of lib/ keeps state',
    rule: keepsNoModuleState,
    holds: inLib,
    breaks: [
      ['lib/session/a.ts', 'let count = 0;'],
      ['lib/session/a.ts', 'var count = 0;'],
      ['lib/session/a.ts', 'const seen = new WeakMap<object, string>();'],
      ['lib/session/a.ts', 'const seen = new Map(); export const a = () => seen.set(1, 2);'],
      ['lib/session/a.ts', 'const seen = new Set([1]); export const a = () => { seen.clear(); };'],
      ['lib/session/a.ts', 'const seen: string[] = []; export const a = () => seen.push("b");'],
      ['lib/session/a.ts', 'const seen = { a: 0 }; export const a = () => { seen.a += 1; };'],
      ['lib/session/a.ts', 'const seen = { a: 0 }; export const a = () => seen.a++;'],
      ['lib/session/a.ts', 'export const open = new Map([[1, 2]]);'],
      ['lib/session/a.ts', 'export class A { static count = 0; }'],
      ['lib/session/a.ts', 'export class A { static readonly seen = new Map(); }'],
    ],
    keeps: [
      ['lib/session/a.ts', "const late = new Set(['a']); export const a = late.has('b');"],
      ['lib/session/a.ts', 'export const a: ReadonlyMap<number, number> = new Map([[1, 2]]);'],
      ['lib/session/a.ts', 'export class A { private readonly seen = new Map(); }'],
      ['lib/session/a.ts', 'const records = new Records(); export const a = () => records.set(1);'],
      ['lib/session/a.ts', 'export const a = () => { let b = 0; b += 1; return b; };'],
    ],
  },
  {
    says: 'strategies have no #private member (hazard 2)',
    rule: hidesNothingFromPassport,
    holds: code('lib/strategies/'),
    breaks: [
      ['lib/strategies/a.ts', 'export class A { #a = 1; }'],
      ['lib/strategies/a.ts', 'export class A { #a() { return 1; } }'],
    ],
    keeps: [['lib/strategies/a.ts', 'export class A { private a = 1; }']],
  },
  {
    says: 'lib/ awaits inside functions only, so that CommonJS apps can require it',
    rule: awaitsInFunctionsOnly,
    holds: inLib,
    breaks: [
      ['lib/client/a.ts', 'await Promise.resolve();'],
      ['lib/client/a.ts', 'for await (const a of b) c(a);'],
    ],
    keeps: [['lib/client/a.ts', 'export const a = async () => { await b(); };']],
  },
  {
    says: 'every export of lib/ has a name',
    rule: exportsByName,
    holds: inLib,
    breaks: [
      ['lib/index.ts', 'export default class A {}'],
      ['lib/index.ts', 'const a = 1; export default a;'],
      ['lib/index.ts', "export { a as default } from './a.js';"],
    ],
    keeps: [['lib/index.ts', 'export function a(b: 1) { switch (b) { default: return 1; } }']],
  },
  {
    says: 'no file or folder is named for odds and ends',
    rule: namesSayWhatIsInside,
    holds: () => true,
    breaks: [
      ['lib/utils/a.ts', ''],
      ['lib/common.ts', ''],
      ['test/helpers/a.ts', ''],
      ['emulator/src/http/util.ts', ''],
    ],
    keeps: [['lib/session/commonplace.ts', '']],
  },
  {
    says: `a file of lib/ or emulator/src/ above ${longest} lines is listed with its reason`,
    rule: isShort(longest),
    holds: (path) => (inLib(path) || code('emulator/src/')(path)) && !longFiles.has(path),
    breaks: [['lib/client/a.ts', '\n'.repeat(longest + 1)]],
    keeps: [['lib/client/a.ts', '\n'.repeat(longest)]],
  },
  {
    says: 'no file names a path of one machine or the host of a registry',
    rule: isAtHomeAnywhere,
    holds: () => true,
    breaks: ['work', 'home', 'root'].map((folder) => ['README.md', `See /${folder}/notes.`]),
    keeps: [['README.md', 'See https://example.com/home/ and src/work/a.ts.']],
  },
  {
    says: 'no file leaves a note of unfinished work',
    rule: isFinished,
    holds: (path) => path !== 'package-lock.json',
    breaks: [
      ['lib/index.ts', '// TO' + 'DO: later'],
      ['docs/a.md', 'FIX' + 'ME'],
    ],
  },
];

describe('architecture', () => {
  for (const { says, rule, holds, breaks, keeps = [] } of laws) {
    describe(says, () => {
      it('holds', () => {
        const judged = paths.filter(holds);
        assert.ok(judged.length > 0, 'the rule judges no file at all');
        assert.deepEqual(
          judged.flatMap((path) => rule(readSource(path))),
          [],
        );
      });

      it('is found out when broken', () => {
        for (const [path, text] of breaks) {
          assert.ok(holds(path), `the rule does not judge ${path}`);
          assert.notDeepEqual(rule(sourceOf(path, text)), [], `${path} gets away with: ${text}`);
        }
        for (const [path, text] of keeps) {
          assert.deepEqual(rule(sourceOf(path, text)), []);
        }
      });
    });
  }

  it('lists only long files that are long', () => {
    for (const path of longFiles.keys()) {
      assert.notDeepEqual(isShort(longest)(readSource(path)), [], `${path} is short by now`);
    }
  });
});
