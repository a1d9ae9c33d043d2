import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';

/** One source text, named by its path from the repository root, with forward slashes. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

/** Reads a text as a source. */
export function sourceOf(path: string, text: string): Source {
  return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true) };
}

/** What is wrong with one source, one line per finding; empty when nothing is. */
export type Rule = (source: Source) => readonly string[];

const root = new URL('../../../', import.meta.url);

/** The paths of everything in the repository that version control does not ignore. */
export function repositoryPaths(): string[] {
  const ignored = readFileSync(new URL('.gitignore', root), 'utf8').split('\n').filter(Boolean);
  const isIgnored = (path: string, name: string): boolean =>
    name === '.git' ||
    ignored.some((line) =>
      line.startsWith('*') ? name.endsWith(line.slice(1)) : line === name || line === path,
    );
  const walk = (folder: string): string[] =>
    readdirSync(new URL(folder, root), { withFileTypes: true }).flatMap((entry) => {
      const path = folder + entry.name;
      if (isIgnored(path, entry.name) || entry.isSymbolicLink()) return [];
      return entry.isDirectory() ? walk(`${path}/`) : [path];
    });
  return walk('').sort();
}

/** The source at a path of the repository. */
export function readSource(path: string): Source {
  return sourceOf(path, readFileSync(new URL(path, root), 'utf8'));
}

function nodesOf(source: Source): ts.Node[] {
  const nodes: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    nodes.push(node);
    node.forEachChild(visit);
  };
  source.tree.forEachChild(visit);
  return nodes;
}

function finding(source: Source, node: ts.Node, what: string): string {
  const { line } = source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree));
  return `${source.path}:${line + 1} ${what}`;
}

interface Import {
  readonly node: ts.Node;
  /** As written. */
  readonly from: string;
  /** Whether nothing of it is left at run time. */
  readonly typeOnly: boolean;
  readonly names: readonly string[];
}

function importOf(node: ts.Node): Import | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const { importClause: clause } = node;
    const bindings = clause?.namedBindings;
    const names =
      bindings && ts.isNamedImports(bindings)
        ? bindings.elements.map((element) => (element.propertyName ?? element.name).text)
        : ['*'];
    const typeOnly = clause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
    return { node, from: node.moduleSpecifier.text, typeOnly, names };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
    const from = (node.moduleSpecifier as ts.StringLiteral).text;
    return { node, from, typeOnly: node.isTypeOnly, names: ['*'] };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    const { literal } = node.argument;
    return ts.isStringLiteral(literal)
      ? { node, from: literal.text, typeOnly: true, names: ['*'] }
      : undefined;
  }
  if (ts.isCallExpression(node)) {
    const [argument] = node.arguments;
    const loads =
      node.expression.kind === ts.SyntaxKind.ImportKeyword ||
      (ts.isIdentifier(node.expression) && node.expression.text === 'require');
    if (!loads) return undefined;
    const from = argument && ts.isStringLiteralLike(argument) ? argument.text : '(computed)';
    return { node, from, typeOnly: false, names: ['*'] };
  }
  return undefined;
}

function importsOf(source: Source): Import[] {
  return nodesOf(source)
    .map(importOf)
    .filter((each) => each !== undefined);
}

/** Where an import leads: a path of the repository, or a package or built-in module without `node:`. */
function targetOf(source: Source, { from }: Import): string {
  return from.startsWith('.')
    ? posix.join(posix.dirname(source.path), from)
    : from.replace(/^node:/, '');
}

/** Whether an import is of a package or module, or of a part of it. */
function isOf(target: string, names: readonly string[]): boolean {
  return names.some((name) => target === name || target.startsWith(`${name}/`));
}

/** Identifiers of this name that stand for a value, and not for a property or a declared member. */
function referencesTo(source: Source, names: readonly string[]): ts.Identifier[] {
  return nodesOf(source)
    .filter((node) => ts.isIdentifier(node))
    .filter((node) => {
      const { parent } = node;
      if (!names.includes(node.text)) return false;
      if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
      const isItsName =
        ts.isPropertyAssignment(parent) || ts.isClassElement(parent) || ts.isTypeElement(parent);
      return !(isItsName && parent.name === node) && !ts.isQualifiedName(parent);
    });
}

/** Places where a property of one of these names is read or written, however it is spelled. */
function propertiesNamed(source: Source, names: readonly string[]): ts.Node[] {
  return nodesOf(source).filter((node) => {
    if (ts.isPropertyAccessExpression(node)) return names.includes(node.name.text);
    if (ts.isElementAccessExpression(node)) {
      const { argumentExpression: key } = node;
      return ts.isStringLiteralLike(key) && names.includes(key.text);
    }
    if (!ts.isBindingElement(node) || !ts.isObjectBindingPattern(node.parent)) return false;
    const key = node.propertyName ?? node.name;
    return (ts.isIdentifier(key) || ts.isStringLiteral(key)) && names.includes(key.text);
  });
}

function room(path: string): string | undefined {
  return /^lib\/([^/]+?)(?:\.[tj]s)?(?:\/|$)/.exec(path)?.[1];
}

const levels: ReadonlyMap<string, number> = new Map([
  ['errors', 0],
  ['protocol', 1],
  ['client', 2],
  ['session', 3],
  ['strategies', 4],
  ['index', 5],
  ['redis', 5],
  ['doctor', 5],
]);

/** lib/: a file imports from a lower level or from its own folder. */
export const importsPointDown: Rule = (source) => {
  const here = room(source.path) ?? '';
  const level = levels.get(here);
  if (level === undefined) return [`${source.path} stands on no level`];
  return importsOf(source)
    .filter(({ from }) => from.startsWith('.'))
    .filter((each) => {
      const there = room(targetOf(source, each)) ?? '';
      return there !== here && !((levels.get(there) ?? Infinity) < level);
    })
    .map((each) => finding(source, each.node, `imports ${each.from}, which is not below it`));
};

/** lib/: nothing from the emulator, the tests, the examples, nor from this package by its name. */
export const staysInside: Rule = (source) =>
  importsOf(source)
    .filter((each) => {
      const target = targetOf(source, each);
      if (each.from.startsWith('.')) return !target.startsWith('lib/');
      return (
        each.from === '(computed)' ||
        isOf(target, ['passport-sf-headless', 'sf-headless-emulator', 'travel-shop'])
      );
    })
    .map((each) => finding(source, each.node, `imports ${each.from}`));

/** emulator/: nothing from outside its own folder, and not the library. */
export const emulatorStandsAlone: Rule = (source) =>
  importsOf(source)
    .filter((each) => {
      const target = targetOf(source, each);
      return each.from.startsWith('.')
        ? !target.startsWith('emulator/')
        : isOf(target, ['passport-sf-headless']);
    })
    .map((each) => finding(source, each.node, `imports ${each.from}`));

const impureGlobals = [
  ...['fetch', 'process', 'globalThis', 'global', 'crypto', 'performance', 'console'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'AbortSignal', 'Intl'],
];

/** lib/protocol/: no I/O, no clock, no random source. */
export const protocolIsPure: Rule = (source) => [
  ...importsOf(source)
    .filter((each) => !each.from.startsWith('.') && !each.typeOnly)
    .filter(({ from, names }) => from !== 'node:crypto' || names.join() !== 'createHash')
    .map((each) => finding(source, each.node, `imports ${each.names.join()} of ${each.from}`)),
  ...referencesTo(source, impureGlobals).map((node) => finding(source, node, `uses ${node.text}`)),
  ...nodesOf(source)
    .filter(
      (node) =>
        (ts.isNewExpression(node) &&
          node.expression.getText() === 'Date' &&
          !node.arguments?.length) ||
        (ts.isCallExpression(node) && node.expression.getText() === 'Date') ||
        (ts.isPropertyAccessExpression(node) &&
          ['Date.now', 'Math.random'].includes(node.getText())),
    )
    .map((node) => finding(source, node, `reads ${node.getText()}`)),
];

const networkModules = ['undici', 'http', 'https', 'http2', 'net', 'tls', 'dgram', 'dns'];

/** lib/ but client/: opens no connection. */
export const opensNoConnection: Rule = (source) => [
  ...importsOf(source)
    .filter((each) => !each.typeOnly && isOf(targetOf(source, each), networkModules))
    .map((each) => finding(source, each.node, `imports ${each.from}`)),
  ...importsOf(source)
    .filter(({ names }) => names.includes('createRemoteJWKSet'))
    .map((each) => finding(source, each.node, 'has jose fetch keys')),
  ...referencesTo(source, ['fetch', 'WebSocket', 'EventSource']).map((node) =>
    finding(source, node, `uses ${node.text}`),
  ),
];

/** lib/ but session/: leaves express-session alone. */
export const leavesSessionsAlone: Rule = (source) =>
  propertiesNamed(source, ['session', 'sessionID', 'sessionStore']).map((node) =>
    finding(source, node, `touches ${node.getText()}`),
  );

/** lib/: Express, express-session and Passport are types and nothing else. */
export const frameworksAreTypes: Rule = (source) =>
  importsOf(source)
    .filter((each) => isOf(targetOf(source, each), ['express', 'express-session', 'passport']))
    .filter((each) => !each.typeOnly)
    .map((each) => finding(source, each.node, `imports ${each.from} as a value`));

/** lib/: reads no environment variable and prints nothing. doctor/ is a program and may write to its own output. */
export const readsNoEnvironment: Rule = (source) => {
  const output = room(source.path) === 'doctor' ? [] : ['stdout', 'stderr'];
  const taken = ['env', ...output];
  return [
    ...referencesTo(source, ['console']).map((node) => finding(source, node, 'uses console')),
    ...importsOf(source)
      .filter((each) => isOf(targetOf(source, each), ['console', 'process']))
      .map((each) => finding(source, each.node, `imports ${each.from}`)),
    ...propertiesNamed(source, taken)
      .filter((node) => {
        const owner = ts.isBindingElement(node)
          ? (node.parent.parent as ts.VariableDeclaration).initializer
          : (node as ts.PropertyAccessExpression).expression;
        return /^(globalThis\.)?process$/.test(owner?.getText() ?? '');
      })
      .map((node) => finding(source, node, `reads ${node.getText()} of process`)),
  ];
};

/** lib/: a timer is one that the same file clears. */
export const leavesNoTimer: Rule = (source) => {
  const cleared = referencesTo(source, ['clearTimeout']).length > 0;
  const timers = cleared ? ['setInterval'] : ['setInterval', 'setTimeout'];
  return [
    ...referencesTo(source, timers).map((node) => finding(source, node, `leaves a ${node.text}`)),
    ...importsOf(source)
      .filter((each) => isOf(targetOf(source, each), ['timers']))
      .map((each) => finding(source, each.node, `hides a timer in ${each.from}`)),
  ];
};

const collections = ['Map', 'Set', 'WeakMap', 'WeakSet'];
const writers =
  /^(set|add|delete|clear|push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin)$/;

function isCollection(node: ts.Expression | undefined): boolean {
  return (
    node !== undefined &&
    ts.isNewExpression(node) &&
    collections.includes(node.expression.getText())
  );
}

/** Whether a file writes to one of its constants. Only of a collection or list is it known what its methods do. */
function isWritten(source: Source, name: string, initializer: ts.Expression | undefined): boolean {
  const known =
    isCollection(initializer) || initializer?.kind === ts.SyntaxKind.ArrayLiteralExpression;
  return referencesTo(source, [name]).some(({ parent }) => {
    const access = ts.isPropertyAccessExpression(parent) || ts.isElementAccessExpression(parent);
    if (!access) return false;
    const outer = parent.parent;
    if (ts.isCallExpression(outer) && outer.expression === parent) {
      return known && ts.isPropertyAccessExpression(parent) && writers.test(parent.name.text);
    }
    if (ts.isBinaryExpression(outer) && outer.left === parent) {
      const operator = outer.operatorToken.kind;
      return operator >= ts.SyntaxKind.FirstAssignment && operator <= ts.SyntaxKind.LastAssignment;
    }
    return ts.isDeleteExpression(outer) || ts.isPostfixUnaryExpression(outer);
  });
}

/** lib/: a module keeps nothing between two calls. Tables that nobody writes to are no state. */
export const keepsNoModuleState: Rule = (source) => {
  const found: string[] = [];
  for (const statement of source.tree.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    const exported = statement.modifiers?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword);
    for (const declaration of statement.declarationList.declarations) {
      const { initializer, type, name } = declaration;
      const written = ts.isIdentifier(name) && isWritten(source, name.text, initializer);
      const open = isCollection(initializer) && !/^Readonly(Map|Set)\b/.test(type?.getText() ?? '');
      if (
        !(statement.declarationList.flags & ts.NodeFlags.Const) ||
        (initializer?.getText() ?? '').startsWith('new Weak') ||
        written ||
        (exported === true && open)
      ) {
        found.push(finding(source, declaration, `keeps state in ${name.getText()}`));
      }
    }
  }
  for (const node of nodesOf(source)) {
    if (!ts.isPropertyDeclaration(node)) continue;
    const kinds = node.modifiers?.map(({ kind }) => kind) ?? [];
    if (!kinds.includes(ts.SyntaxKind.StaticKeyword)) continue;
    if (!kinds.includes(ts.SyntaxKind.ReadonlyKeyword) || isCollection(node.initializer)) {
      found.push(finding(source, node, `keeps state in static ${node.name.getText()}`));
    }
  }
  return found;
};

/** lib/strategies/: no `#private` member, since Passport runs strategies on derived objects. */
export const hidesNothingFromPassport: Rule = (source) =>
  nodesOf(source)
    .filter((node) => ts.isPrivateIdentifier(node))
    .map((node) => finding(source, node, `has the private member ${node.text}`));

/** lib/: no `await` outside a function, which would keep CommonJS apps from `require()`. */
export const awaitsInFunctionsOnly: Rule = (source) =>
  nodesOf(source)
    .filter(
      (node) =>
        ts.isAwaitExpression(node) ||
        (ts.isForOfStatement(node) && node.awaitModifier !== undefined),
    )
    .filter((node) => ts.findAncestor(node, ts.isFunctionLike) === undefined)
    .map((node) => finding(source, node, 'awaits at the top level'));

/** lib/: every export has a name. */
export const exportsByName: Rule = (source) =>
  nodesOf(source)
    .filter(
      (node) =>
        ts.isExportAssignment(node) ||
        node.kind === ts.SyntaxKind.DefaultKeyword ||
        (ts.isExportSpecifier(node) && node.name.text === 'default'),
    )
    .filter((node) => !ts.isDefaultClause(node.parent))
    .map((node) => finding(source, node, 'exports a default'));

/** No drawer for odds and ends. */
export const namesSayWhatIsInside: Rule = ({ path }) =>
  path
    .split('/')
    .filter((part) => /^(utils?|commons?|helpers?|misc)(\.|$)/i.test(part))
    .map((part) => `${path} is named ${part}`);

/** So many lines, and no more unless there is a reason. */
export function isShort(longest: number): Rule {
  return ({ path, text }) => {
    const lines = text.split('\n').length - 1;
    return lines > longest ? [`${path} has ${lines} lines`] : [];
  };
}

function lines(source: Source, pattern: RegExp): string[] {
  return source.text.split('\n').flatMap((line, index) => {
    const found = pattern.exec(line)?.[0];
    return found === undefined ? [] : [`${source.path}:${index + 1} says ${found}`];
  });
}

/** Nothing that holds on one machine only. */
export const isAtHomeAnywhere: Rule = (source) =>
  lines(source, /(?<![\w.})~-])\/(?:work|home|root)\/|\bregistry\.npm/);

/** Nothing is left for later in a comment. */
export const isFinished: Rule = (source) => lines(source, /\b(?:TO[D]O|FIX[M]E)\b/);
