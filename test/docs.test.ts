import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { startEmulator, type Emulator } from 'sf-headless-emulator';
import ts from 'typescript';
import { HeadlessError, headlessErrorCodes } from '../lib/index.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

function read(path: string): string {
  return readFileSync(resolve(root, path), 'utf8');
}

function markdownIn(folder: string): string[] {
  return readdirSync(resolve(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => (folder === '.' ? name : `${folder}/${name}`));
}

const pages = [...markdownIn('.'), ...markdownIn('docs')];

interface CodeBlock {
  readonly language: string;
  readonly code: string;
  /** Where it begins, for messages. */
  readonly line: number;
}

function codeBlocks(text: string): CodeBlock[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((found) => ({
    language: found[1] ?? '',
    code: found[2] ?? '',
    line: text.slice(0, found.index).split('\n').length,
  }));
}

function withoutCode(text: string): string {
  return text.replace(/^```\w*\n[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '``');
}

/** The cells of every table row. An escaped bar is no border. */
function tableRows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .replace(/^\||\|$/g, '')
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
}

/** The part of a page between a heading and the next heading of any depth. */
function section(page: string, heading: string): string {
  const [, after] = read(page).split(new RegExp(`^#+ ${heading}$`, 'm'));
  assert.ok(after !== undefined, `${page} has a heading "${heading}"`);
  return after.split(/^#+ /m)[0] ?? '';
}

/** The names in the first column of a section's table. */
function firstColumn(text: string): string[] {
  return tableRows(text).flatMap(([cell = '']) => /^`([^`]+)`$/.exec(cell)?.[1] ?? []);
}

/** Anchors as GitHub makes them from headings. */
function anchorsOf(text: string): string[] {
  const headings = text.replace(/^```\w*\n[\s\S]*?^```$/gm, '').match(/^#+ .*$/gm) ?? [];
  return headings.map((heading) =>
    heading
      .replace(/^#+ /, '')
      .toLowerCase()
      .replace(/[^\p{Letter}\p{Number}\s_-]/gu, '')
      .replace(/ /g, '-'),
  );
}

function parse(path: string, text = read(path)): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
}

/** The names of an interface's members. */
function membersOf(path: string, name: string): string[] {
  const found = parse(path).statements.find(
    (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === name,
  );
  assert.ok(found && ts.isInterfaceDeclaration(found), `${path} declares ${name}`);
  return found.members.flatMap((member) =>
    member.name !== undefined && ts.isIdentifier(member.name) ? [member.name.text] : [],
  );
}

/** Every text that a type written in an interface or as an alias allows: `'a' | 'b'`. */
function textsOf(path: string, name: string, member?: string): string[] {
  const found = parse(path).statements.find(
    (statement) =>
      (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) &&
      statement.name.text === name,
  );
  assert.ok(found, `${path} declares ${name}`);
  const texts: string[] = [];
  const visit = (node: ts.Node, isMeant: boolean): void => {
    if (isMeant && ts.isLiteralTypeNode(node) && ts.isStringLiteral(node.literal)) {
      texts.push(node.literal.text);
    }
    const isMember = ts.isPropertySignature(node) && node.name.getText() === member;
    node.forEachChild((child) => {
      visit(child, isMeant || isMember);
    });
  };
  visit(found, member === undefined);
  assert.ok(texts.length > 0, `${name} allows texts`);
  return texts;
}

/** The public members of a class, without those that are marked as internal. */
function publicMembersOf(path: string, name: string): string[] {
  const found = parse(path).statements.find(
    (statement) => ts.isClassDeclaration(statement) && statement.name?.text === name,
  );
  assert.ok(found && ts.isClassDeclaration(found), `${path} declares ${name}`);
  return found.members.flatMap((member) =>
    member.name !== undefined &&
    ts.isIdentifier(member.name) &&
    !member.getFullText().includes('@internal')
      ? [member.name.text]
      : [],
  );
}

function sorted(names: Iterable<string>): string[] {
  return [...new Set(names)].sort();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

describe('README', () => {
  const [example] = codeBlocks(read('README.md')).filter(({ language }) => language === 'js');
  let emulator: Emulator;
  let app: ChildProcess;
  let origin: string;
  let cookie: string;

  /** Runs the example as it stands, from standard input. */
  beforeEach(async () => {
    assert.ok(example !== undefined, 'README.md has an example');
    emulator = await startEmulator();
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    cookie = '';
    app = spawn(process.execPath, ['--input-type=module', '-'], {
      cwd: root,
      env: { ...process.env, NODE_V8_COVERAGE: '', SITE: emulator.url, PORT: String(port) },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let said = '';
    app.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    app.stdin?.end(example.code);
    await new Promise<void>((listening, failed) => {
      app.stdout?.once('data', () => {
        listening();
      });
      app.once('exit', () => {
        failed(new Error(`the example ended: ${said}`));
      });
    });
  });

  afterEach(async () => {
    app.removeAllListeners('exit');
    if (app.exitCode === null) {
      const ended = new Promise((exit) => app.once('exit', exit));
      app.kill();
      await ended;
    }
    await emulator.close();
  });

  interface Visitor {
    readonly user?: { readonly id: string };
    readonly guest?: { readonly uvid: string };
    readonly code?: { readonly method: string } | string;
  }

  async function call(path: string, form?: Record<string, string>) {
    const answer = await fetch(origin + path, {
      method: form === undefined ? 'GET' : 'POST',
      headers: { cookie },
      ...(form && { body: new URLSearchParams(form) }),
    });
    cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
    const text = await answer.text();
    const visitor = text.startsWith('{') ? (JSON.parse(text) as Visitor) : {};
    return { status: answer.status, visitor };
  }

  it('has an example that logs a guest in by password', async () => {
    assert.deepEqual(await call('/'), { status: 200, visitor: {} });
    assert.equal(cookie, '', 'a page view sets no cookie');

    const { visitor: guest } = await call('/cart', {});
    assert.match(guest.guest?.uvid ?? '', /^[0-9a-f-]{36}$/);
    assert.equal(guest.user, undefined);

    const wrong = await call('/login', { username: 'alice@example.com', password: 'wrong' });
    assert.deepEqual(wrong, { status: 401, visitor: {} });

    const right = await call('/login', { username: 'alice@example.com', password: 'Passw0rd!' });
    assert.equal(right.status, 200);
    assert.match(right.visitor.user?.id ?? '', /^005/);
    assert.deepEqual((await call('/')).visitor, right.visitor);
  });

  it('has an example that logs in by one-time code', async () => {
    const sent = await call('/code', {
      username: 'alice@example.com',
      method: 'email',
      recaptcha: 'any',
    });
    assert.equal(sent.status, 200);
    const [message] = emulator.outbox('alice@example.com');
    const { status, visitor } = await call('/code/login', { code: message?.code ?? '' });
    assert.equal(status, 200);
    assert.match(visitor.user?.id ?? '', /^005/);
  });

  it('has an example that tells set-up faults from wrong passwords', async () => {
    const refused = await call('/code', { username: 'alice@example.com' });
    assert.deepEqual(refused, { status: 503, visitor: { code: 'recaptcha_required' } });
  });

  it('names the versions that package.json names', () => {
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    assert.ok(read('README.md').replaceAll('\\|', '|').includes(`\`${engines.node}\``));
  });
});

describe('the recipe with SQL in docs/upgrade.md', () => {
  interface Recipe {
    readonly onUpgrade: (upgrade: object) => Promise<void>;
    readonly saveTrip: (uvid: string, trip: string) => Promise<void>;
  }
  const alice = { upgradeId: 'guest to alice', uvid: 'guest', user: { id: 'alice' } };
  const bob = { upgradeId: 'guest to bob', uvid: 'guest', user: { id: 'bob' } };
  let database: PGlite;
  let recipe: Recipe;

  before(async function () {
    this.timeout(30_000);
    const blocks = codeBlocks(section('docs/upgrade.md', 'With SQL'));
    const code = blocks.find(({ language }) => language === 'js')?.code ?? '';
    database = await PGlite.create();
    await database.exec(blocks.find(({ language }) => language === 'sql')?.code ?? '');
    const module = `export function withPool(pool) { ${code}; return { onUpgrade, saveTrip }; }`;
    const { withPool } = (await import(`data:text/javascript,${encodeURIComponent(module)}`)) as {
      withPool: (pool: object) => Recipe;
    };
    const query = (text: string, values?: unknown[]) => database.query(text, values);
    recipe = withPool({ connect: () => Promise.resolve({ query, release: () => undefined }) });
  });

  beforeEach(async () => {
    await database.exec('TRUNCATE saved_trips, upgrades');
    await recipe.saveTrip('guest', 'fjords');
    await recipe.saveTrip('guest', 'islands');
    await recipe.saveTrip('alice', 'islands');
  });

  after(async () => {
    await database.close();
  });

  async function saved(): Promise<string[]> {
    const { rows } = await database.query<{ at: string }>(
      "SELECT owner || ' ' || trip AS at FROM saved_trips ORDER BY at",
    );
    return rows.map(({ at }) => at);
  }

  it('moves what the guest has, and moves it once', async () => {
    await recipe.onUpgrade(alice);
    assert.deepEqual(await saved(), ['alice fjords', 'alice islands']);
    await database.exec("DELETE FROM saved_trips WHERE trip = 'fjords'");
    await recipe.onUpgrade(alice);
    assert.deepEqual(await saved(), ['alice islands']);
  });

  it('gives what is saved late to whom the guest has become', async () => {
    await recipe.onUpgrade(alice);
    await recipe.saveTrip('guest', 'glaciers');
    assert.deepEqual(await saved(), ['alice fjords', 'alice glaciers', 'alice islands']);
  });

  it('gives nothing to a second person', async () => {
    await recipe.onUpgrade(alice);
    await recipe.onUpgrade(bob);
    assert.deepEqual(await saved(), ['alice fjords', 'alice islands']);
  });

  it('changes nothing when it fails', async () => {
    const before = await saved();
    await database.exec(
      'ALTER TABLE saved_trips ADD CONSTRAINT few CHECK (owner <> $$alice$$) NOT VALID',
    );
    await assert.rejects(recipe.onUpgrade(alice));
    await database.exec('ALTER TABLE saved_trips DROP CONSTRAINT few');
    assert.deepEqual(await saved(), before);
    await recipe.onUpgrade(alice);
    assert.deepEqual(await saved(), ['alice fjords', 'alice islands']);
  });
});

describe('docs', () => {
  it('list every error code with its fault and status, and no other', () => {
    const rows = tableRows(section('docs/errors.md', 'Every code'));
    const listed = rows.flatMap(([code = '', fault = '', status = '']) => {
      const name = /^`(\w+)`$/.exec(code)?.[1];
      return name === undefined ? [] : [`${name} ${fault} ${status}`];
    });
    const known = headlessErrorCodes.map((code) => {
      const { fault, status } = new HeadlessError(code);
      return `${code} \`${fault}\` ${status}`;
    });
    assert.deepEqual(listed.sort(), known.sort());
  });

  it('list every fault', () => {
    const faults = headlessErrorCodes.map((code) => new HeadlessError(code).fault);
    assert.deepEqual(sorted(firstColumn(section('docs/errors.md', 'Faults'))), sorted(faults));
  });

  it('list every option of the client, and no other', () => {
    const file = 'lib/client/options.ts';
    assert.deepEqual(
      firstColumn(section('docs/client.md', 'Options')).sort(),
      membersOf(file, 'HeadlessClientOptions').sort(),
    );
    assert.deepEqual(
      firstColumn(section('docs/client.md', 'Visitor hint')).sort(),
      membersOf('lib/client/uvid-hint-options.ts', 'UvidHintOptions')
        .map((name) => `uvidHint.${name}`)
        .sort(),
    );
  });

  it('list every option of the integration user, and no other', () => {
    const file = 'lib/client/integration-options.ts';
    assert.deepEqual(
      firstColumn(section('docs/private-clients.md', 'The integration user')).sort(),
      sorted([...membersOf(file, 'IntegrationClient'), ...membersOf(file, 'IntegrationCallback')]),
    );
  });

  it('list every option of the session middleware, and no other', () => {
    const limits = membersOf('lib/session/codes.ts', 'CodeLimits').map((name) => `limits.${name}`);
    const cookie = membersOf('lib/session/visitor-cookie.ts', 'VisitorCookieOptions').map(
      (name) => `cookie.${name}`,
    );
    const options = membersOf('lib/session/session-options.ts', 'HeadlessSessionOptions');
    assert.deepEqual(
      firstColumn(section('docs/session.md', 'Options')).sort(),
      [
        ...options.filter((name) => name !== 'limits' && name !== 'cookie'),
        ...limits,
        ...cookie,
      ].sort(),
    );
  });

  it('list every option of tokens, and no other', () => {
    const own = membersOf('lib/session/token-options.ts', 'TokenOptions');
    const times = membersOf('lib/session/token-records.ts', 'TokenTimes');
    const listed = firstColumn(section('docs/tokens.md', 'Options'));
    assert.deepEqual(sorted(listed), sorted([...own, ...times]));
  });

  it('list every member of req.headless, and no other', () => {
    const named = firstColumn(section('docs/session.md', 'req.headless'));
    assert.deepEqual(
      named.map((name) => name.replace(/\(.*\)$/, '')).sort(),
      publicMembersOf('lib/session/headless.ts', 'Headless').sort(),
    );
  });

  it('list everything that the upgrade hook gets and may answer, and nothing else', () => {
    assert.deepEqual(
      firstColumn(section('docs/upgrade.md', 'The hook')).sort(),
      membersOf('lib/session/upgrade.ts', 'Upgrade').sort(),
    );
    assert.deepEqual(
      firstColumn(section('docs/upgrade.md', 'Modes')).sort(),
      textsOf('lib/session/ledger.ts', 'UpgradeMode').sort(),
    );
  });

  it('list every outcome of an upgrade by status and reason, and no other', () => {
    const file = 'lib/session/express-session.ts';
    const outcomes = section('docs/upgrade.md', 'Outcomes');
    const reasons = tableRows(outcomes).flatMap(
      ([, cell = '']) => /^`(.+)`$/.exec(cell)?.[1] ?? [],
    );
    assert.deepEqual(
      sorted(firstColumn(outcomes)),
      textsOf(file, 'UpgradeOutcome', 'status').sort(),
    );
    assert.deepEqual(sorted(reasons), textsOf(file, 'UpgradeOutcome', 'reason').sort());
  });

  it('list every option of redisLocks, and no other', () => {
    assert.deepEqual(
      firstColumn(section('docs/upgrade.md', 'Several processes')).sort(),
      membersOf('lib/redis.ts', 'RedisLocksOptions').sort(),
    );
  });

  it('list every kind of record in the store, and no other', () => {
    const kinds = readdirSync(resolve(root, 'lib/session')).flatMap((name) =>
      [
        ...read(`lib/session/${name}`).matchAll(/new (?:Sealed)?Records(?:<[^(]*>)?\(\s*'(\w+)'/g),
      ].map((found) => `sf-headless-${found[1] ?? ''}-{hash}`),
    );
    assert.deepEqual(
      firstColumn(section('docs/upgrade.md', 'Records in the store')).sort(),
      [...new Set(kinds)].sort(),
    );
  });

  it('list every option of the strategies, and no other', () => {
    const folder = 'lib/strategies';
    const shared = membersOf(`${folder}/headless-strategy.ts`, 'StrategyOptions');
    const own = membersOf(`${folder}/password-strategy.ts`, 'PasswordStrategyOptions');
    assert.deepEqual(
      firstColumn(section('docs/password.md', 'Options')).sort(),
      [...shared, ...own].sort(),
    );
    for (const [page, heading, file, name] of [
      ['docs/one-time-code.md', 'Options', 'otp-strategy.ts', 'OtpStrategyOptions'],
      [
        'docs/registration.md',
        'Options',
        'registration-strategy.ts',
        'RegistrationStrategyOptions',
      ],
      ['docs/password-reset.md', 'Options', 'password-reset.ts', 'PasswordResetOptions'],
      ['docs/sso.md', 'Options', 'sso-strategy.ts', 'SsoStrategyOptions'],
      ['docs/first-party.md', 'Options', 'first-party-strategy.ts', 'FirstPartyStrategyOptions'],
      ['docs/browser-flows.md', 'Options', 'browser-flow.ts', 'BrowserFlowOptions'],
      ['docs/guest.md', 'A guest is not a user', 'guest-strategy.ts', 'GuestStrategyOptions'],
    ] as const) {
      assert.deepEqual(
        firstColumn(section(page, heading)).sort(),
        membersOf(`${folder}/${file}`, name).sort(),
      );
    }
  });

  it('name every tracing channel', () => {
    const flows = [...read('lib/client/headless-client.ts').matchAll(/this\.#flow\('([\w-]+)'/g)];
    const channels = flows.map((found) => `passport-sf-headless:${found[1] ?? ''}`);
    assert.ok(channels.length > 0);
    assert.deepEqual(sorted(firstColumn(section('docs/client.md', 'Tracing'))), sorted(channels));
  });

  it('name settings that the emulator has', async () => {
    const emulator = await startEmulator();
    const settings = emulator.settings();
    await emulator.close();
    const optional = ['quirks.caseSensitivePrefix', 'quirks.guestIssuerWithoutPrefix'];
    const named = tableRows(read('docs/doubts.md')).flatMap((cells) =>
      [...(cells.at(-1) ?? '').matchAll(/`(\w+(?:\.\w+)*)`/g)].map((found) => found[1] ?? ''),
    );
    const dotted = named.filter((name) => name.includes('.') && !optional.includes(name));
    assert.ok(dotted.length > 10);
    for (const name of dotted) {
      let value: unknown = settings;
      for (const key of name.split('.')) {
        assert.ok(typeof value === 'object' && value !== null && key in value, `${name} exists`);
        value = Reflect.get(value, key);
      }
    }
  });

  for (const page of pages) {
    it(`${page}: links lead somewhere`, () => {
      const text = read(page);
      const links = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = '']) => to);
      for (const link of links.filter((to) => !/^[a-z]+:/.test(to))) {
        const [path = '', anchor] = link.split('#');
        const file = path === '' ? resolve(root, page) : resolve(root, dirname(page), path);
        assert.ok(existsSync(file), `${link} exists`);
        if (anchor === undefined) continue;
        const anchors = anchorsOf(readFileSync(file, 'utf8'));
        assert.ok(anchors.includes(anchor), `${link} is a heading`);
      }
    });

    it(`${page}: code can be parsed`, () => {
      for (const { language, code, line } of codeBlocks(read(page))) {
        if (language === 'json') assert.doesNotThrow(() => JSON.parse(code) as unknown);
        if (!['js', 'ts'].includes(language)) continue;
        const { diagnostics = [] } = ts.transpileModule(code, {
          fileName: `${page}.${language}`,
          reportDiagnostics: true,
          compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.Latest },
        });
        const problems = diagnostics.map(({ messageText }) =>
          ts.flattenDiagnosticMessageText(messageText, '\n'),
        );
        assert.deepEqual(problems, [], `${page}, line ${line}`);
      }
    });
  }
});
