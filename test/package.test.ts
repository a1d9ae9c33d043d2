import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';

/** The public names, door by door. Whoever adds one adds it here, to the reference and to CHANGELOG.md. */
const clientValues = [
  'ChallengeSession',
  'HeadlessClient',
  'HeadlessError',
  'RefreshUnverified',
  'StepUpRequired',
  'TokenSet',
  'headlessErrorCodes',
];
const clientTypes = [
  'AccessTokenClaims',
  'ActiveToken',
  'ApiCall',
  'Attestation',
  'BrowserFlowName',
  'BrowserRequest',
  'BrowserRequestInput',
  'BrowserStart',
  'Callback',
  'CallbackInput',
  'ChallengeAnswer',
  'ChallengeFlow',
  'ChallengeInput',
  'ChallengeOutcome',
  'ChallengeParameterNames',
  'DomainSession',
  'Fields',
  'FirstPartyOptions',
  'FlowTrace',
  'GuestIdentity',
  'GuestLogin',
  'HeadlessClientOptions',
  'HeadlessErrorCode',
  'HeadlessErrorDetails',
  'HeadlessFault',
  'HintSpelling',
  'Identity',
  'InactiveToken',
  'IntegrationCallback',
  'IntegrationClient',
  'IntegrationOptions',
  'IntegrationScope',
  'Introspection',
  'IntrospectionOptions',
  'LoginInput',
  'LoginStatus',
  'NamedIdentity',
  'NamedLogin',
  'NamedPrivateKey',
  'OtpFinish',
  'OtpStart',
  'OtpTicket',
  'PasswordChallenge',
  'PasswordResetFinish',
  'PasswordResetStart',
  'PasswordlessChallenge',
  'PrivateKey',
  'PrivateKeySource',
  'Recaptcha',
  'RecaptchaEvent',
  'RedeemGuestInput',
  'RedeemInput',
  'RefreshInput',
  'RegistrationChallenge',
  'RegistrationStart',
  'RegistrationTicket',
  'SalesforceStatement',
  'SingleAccessOptions',
  'SsoInput',
  'SsoStart',
  'Subject',
  'TokenTypeHint',
  'UserArgument',
  'Userdata',
  'UvidHintOptions',
  'VerificationMethod',
  'VisitorArgument',
  'WebSession',
];
const mainValues = [
  ...clientValues,
  'FirstPartyStrategy',
  'GuestStrategy',
  'OtpStrategy',
  'PasswordStrategy',
  'RegistrationStrategy',
  'SsoStrategy',
  'browserFlow',
  'headlessSession',
  'passwordReset',
];
const mainTypes = [
  ...clientTypes,
  'BrowserFlow',
  'BrowserFlowOptions',
  'ChallengeFailure',
  'CodeLimits',
  'Done',
  'FirstPartyCredentials',
  'FirstPartyStrategyOptions',
  'Guest',
  'GuestStrategyOptions',
  'GuestUser',
  'Headless',
  'HeadlessRequest',
  'HeadlessSessionOptions',
  'HeldLock',
  'LoggedOut',
  'Login',
  'LoginFailure',
  'LoginRequest',
  'Locks',
  'LogoutOptions',
  'Messages',
  'Middleware',
  'OnUpgrade',
  'OtpCredentials',
  'OtpRequest',
  'OtpStrategyOptions',
  'PasswordCredentials',
  'PasswordReset',
  'PasswordResetCredentials',
  'PasswordResetOptions',
  'PasswordResetRequest',
  'PasswordStrategyOptions',
  'PendingChallenge',
  'PendingCode',
  'RegistrationRequest',
  'RegistrationStrategyOptions',
  'SessionIdentity',
  'SsoStrategyOptions',
  'StrategyOptions',
  'TokenOptions',
  'TokenTimes',
  'Upgrade',
  'UpgradeMode',
  'UpgradeOutcome',
  'Verify',
  'VisitorCookieOptions',
];
const doors = [
  { door: 'passport-sf-headless', file: 'index', values: mainValues, types: mainTypes },
  {
    door: 'passport-sf-headless/client',
    file: 'client/index',
    values: clientValues,
    types: clientTypes,
  },
  {
    door: 'passport-sf-headless/redis',
    file: 'redis',
    values: ['redisLocks'],
    types: ['RedisClient', 'RedisLocksOptions'],
  },
];

const documents = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'];

const runFile = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program as a customer's shell would: without what the test runner put into the environment. */
async function run(folder: string, program: string, ...args: string[]): Promise<Output> {
  const env = { ...process.env };
  delete env['NODE_V8_COVERAGE'];
  delete env['NODE_OPTIONS'];
  try {
    return await runFile(program, args, { cwd: folder, env, timeout: 60_000 });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as Partial<Output>;
    throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error });
  }
}

/** Runs a development tool of this repository. */
function runTool(folder: string, tool: string, ...args: string[]): Promise<Output> {
  return run(folder, process.execPath, join(root, 'node_modules', tool), ...args);
}

/** An empty project that has installed the tarball and what its customer has chosen beside it. */
async function projectWith(folder: string, tarball: string, ...others: string[]): Promise<string> {
  const project = await mkdtemp(join(folder, 'project-'));
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline'];
  await run(project, 'npm', 'install', ...quiet, tarball, ...others);
  return project;
}

const types = ['@types/passport@1.0.17', '@types/express-session@1.19.0', '@types/node@20.19.43'];

const consumers = ['shop.ts', 'client-only.ts', 'legacy.cts', 'wrong.ts'];

/** Compiles the consumers of test/types/ in a project. A wrong use that is not refused is an error there, too. */
async function typeCheck(project: string, options: object = {}): Promise<void> {
  for (const file of consumers) {
    await cp(join(root, 'test/types', file), join(project, file));
  }
  const compilerOptions = {
    strict: true,
    module: 'node20',
    target: 'es2023',
    types: ['node'],
    noEmit: true,
    skipLibCheck: false,
    ...options,
  };
  await writeFile(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: consumers }),
  );
  await runTool(project, 'typescript/bin/tsc', '-p', '.');
}

/** The exported names of a declaration file that exist for the type checker alone. */
function typeNamesOf(declarations: string): string[] {
  const options = { module: ts.ModuleKind.NodeNext, noLib: true, types: [] };
  const program = ts.createProgram([declarations], options);
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(declarations);
  const module = file && checker.getSymbolAtLocation(file);
  assert.ok(module, `${declarations} exports nothing`);
  return checker
    .getExportsOfModule(module)
    .filter((symbol) => {
      const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
      const typeOnly = symbol.declarations?.some(ts.isTypeOnlyExportDeclaration) ?? false;
      const { flags } = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
      return typeOnly || (flags & ts.SymbolFlags.Value) === 0;
    })
    .map(({ name }) => name)
    .sort();
}

describe('the package', function () {
  this.timeout(120_000);

  let folder: string;
  let tarball: string;
  let packed: string[];
  let modern: string;
  let old: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'passport-sf-headless-'));
    // `npm test` has just built dist/; building it once more would pull it from under tests that run beside this one.
    const args = ['--ignore-scripts', '--json', '--pack-destination', folder];
    const { stdout } = await run(root, 'npm', 'pack', ...args);
    const [report] = Object.values(
      JSON.parse(stdout) as { filename: string; files: { path: string }[] }[],
    );
    assert.ok(report);
    tarball = join(folder, report.filename);
    packed = report.files.map(({ path }) => path);
    [modern, old] = await Promise.all([
      projectWith(
        folder,
        tarball,
        ...['express@5.3.0', 'passport@0.7.0', 'express-session@1.19.0'],
        ...['@types/express@5.0.6', ...types],
      ),
      projectWith(
        folder,
        tarball,
        ...['express@4.16.4', 'passport@0.4.1', 'express-session@1.15.6'],
        ...['@types/express@4.17.25', ...types],
      ),
    ]);
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  });

  it('holds the sources, what is compiled from them, five documents, and nothing else', async () => {
    const entries = await readdir(join(root, 'lib'), { recursive: true });
    const modules = entries
      .filter((path) => path.endsWith('.ts'))
      .map((path) => path.replace(/\.ts$/, ''));
    const compiled = ['.d.ts', '.d.ts.map', '.js', '.js.map'];
    const expected = [
      ...documents,
      ...modules.map((name) => `lib/${name}.ts`),
      ...modules.flatMap((name) => compiled.map((ending) => `dist/${name}${ending}`)),
    ];
    assert.deepEqual(packed.sort(), expected.sort());
  });

  it('is in order to publint', async () => {
    await runTool(folder, 'publint/src/cli.js', 'run', tarball, '--strict');
  });

  it('has types that resolve in every way of resolving', async () => {
    await runTool(
      folder,
      '@arethetypeswrong/cli/dist/index.js',
      tarball,
      '--no-definitely-typed',
      ...['--profile', 'node16'],
      // Node requires ES modules by now, which this rule does not know; it is proven below.
      ...['--ignore-rules', 'cjs-resolves-to-esm'],
    );
  });

  for (const { door, file, values, types: typeNames } of doors) {
    it(`exports these values and types from ${door}`, async () => {
      const list = `console.log(JSON.stringify(Object.keys(await import('${door}'))))`;
      const { stdout } = await run(modern, process.execPath, '--input-type=module', '--eval', list);
      assert.deepEqual((JSON.parse(stdout) as string[]).sort(), [...values].sort());
      const declarations = join(modern, `node_modules/passport-sf-headless/dist/${file}.d.ts`);
      assert.deepEqual(typeNamesOf(declarations), [...typeNames].sort());
    });
  }

  it('has no other door', async () => {
    const inside = "await import('passport-sf-headless/dist/errors.js')";
    await assert.rejects(
      run(modern, process.execPath, '--input-type=module', '--eval', inside),
      /ERR_PACKAGE_PATH_NOT_EXPORTED/,
    );
  });

  it('needs none of its development dependencies', async () => {
    const installed = await readdir(join(modern, 'node_modules'));
    for (const tool of ['typescript', 'mocha', 'sf-headless-emulator']) {
      assert.ok(!installed.includes(tool), `${tool} was installed`);
    }
  });

  it('is required by CommonJS apps without flag or warning, as the very classes of ES modules', async () => {
    const program = `
      const assert = require('node:assert/strict');
      const main = require('passport-sf-headless');
      const { HeadlessClient } = require('passport-sf-headless/client');
      assert.equal(main.HeadlessClient, HeadlessClient);
      import('passport-sf-headless').then((same) => {
        for (const name of Object.keys(same)) assert.equal(main[name], same[name], name);
        console.log('the same');
      });
    `;
    for (const project of [modern, old]) {
      const args = ['--input-type=commonjs', '--eval', program];
      const { stdout, stderr } = await run(project, process.execPath, ...args);
      assert.equal(stdout, 'the same\n');
      assert.equal(stderr, '');
    }
  });

  it('leaves nothing running: a process that has made everything and used nothing ends by itself', async () => {
    const program = `
      import passport from 'passport';
      import * as lib from 'passport-sf-headless';
      const client = new lib.HeadlessClient({
        site: 'https://shop.example.com/portal',
        clientId: '3MVG9.example',
        redirectUri: 'https://app.example.com/callback',
      });
      passport.use(new lib.PasswordStrategy({ client }, () => ({ id: 1 })));
      passport.use(new lib.OtpStrategy({ client }, () => ({ id: 1 })));
      passport.use(new lib.GuestStrategy({ client }));
      lib.headlessSession({ client });
    `;
    const args = ['--input-type=module', '--eval', program];
    // What kept the process alive would have it killed, and this fail.
    assert.deepEqual(await run(modern, process.execPath, ...args), { stdout: '', stderr: '' });
  });

  it('type-checks in an app on Express 5, in ES modules and CommonJS, and refuses wrong use', async () => {
    await typeCheck(modern);
  });

  it('type-checks in an app on Express 4, under the strictest options', async () => {
    await typeCheck(old, {
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noPropertyAccessFromIndexSignature: true,
    });
  });
});
