import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { aspects, type Flow } from './flow.js';
import { specifiedFlows } from './specified-flows.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string): string => readFileSync(resolve(root, path), 'utf8');
const page = read('docs/flows.md');

/** The rows of a section's table, without its head; links as they stand. */
function rows(heading: string): string[][] {
  const [, after] = page.split(`\n## ${heading}\n`);
  assert.ok(after !== undefined, `docs/flows.md has a section "${heading}"`);
  const [section = ''] = after.split('\n## ');
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .replace(/^\||\|$/g, '')
      .split('|')
      .map((cell) => cell.trim()),
  );
}

const nameOf = (cell = ''): string => /^\[([^\]]+)\]/.exec(cell)?.[1] ?? cell;
const linksOf = (cell: string): string[] =>
  [...cell.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, to = '']) => to);

const tables = ['Logins', 'Guests', 'After a login', 'Protected calls'];
const columns = ['Library', 'Emulator', 'Demo', 'Test'];
const flows: readonly Flow[] = Object.values(specifiedFlows).flat();

describe('docs/flows.md', () => {
  it('has every login for both kinds of client, and no other', () => {
    const listed = rows('Logins').map(([flow, client = '']) => `${nameOf(flow)}, ${client}`);
    const known = flows.flatMap(({ name }) => [`${name}, public`, `${name}, private`]);
    assert.deepEqual(listed.sort(), known.sort());
  });

  for (const table of tables) {
    it(`has in every cell of "${table}" a link to a test, or why Salesforce does not offer it`, () => {
      for (const [flow, client, ...cells] of rows(table)) {
        assert.equal(cells.length, columns.length);
        for (const [index, cell] of cells.entries()) {
          const where = `${nameOf(flow)}, ${client ?? ''}, ${columns[index] ?? ''}`;
          const links = linksOf(cell);
          for (const link of links) {
            assert.match(link, /^\.\.\/test\/[\w./-]+\.test\.ts$/, where);
            assert.ok(existsSync(resolve(root, 'docs', link)), `${where}: ${link} exists`);
          }
          if (links.length === 0) assert.match(cell, /^Salesforce does not offer it: .+\.$/, where);
        }
      }
    });

    it(`has both kinds of client for each row of "${table}"`, () => {
      const clients = new Map<string, string[]>();
      for (const [flow, client = ''] of rows(table)) {
        clients.set(nameOf(flow), [...(clients.get(nameOf(flow)) ?? []), client]);
      }
      for (const [flow, kinds] of clients) assert.deepEqual(kinds, ['public', 'private'], flow);
    });
  }

  it('leads from every login to the test that specifies it', () => {
    for (const [file, specified] of Object.entries(specifiedFlows)) {
      assert.match(read(`test/flows/${file}`), /^specify\(\w+Flows\);$/m, file);
      for (const { name, clients } of specified) {
        for (const kind of clients) {
          const row = rows('Logins').find(
            ([flow, client]) => nameOf(flow) === name && client === kind,
          );
          assert.deepEqual(linksOf(row?.at(-1) ?? ''), [`../test/flows/${file}`], name);
        }
      }
    }
  });

  it('says of a kind of client that has no test that Salesforce does not offer it', () => {
    for (const { name, clients } of flows) {
      if (clients.length === 2) continue;
      const row = rows('Logins').find(
        ([flow, client]) => nameOf(flow) === name && client === 'public',
      );
      assert.match(row?.[2] ?? '', /^Salesforce does not offer it: .+\./, name);
    }
  });

  it('explains every aspect, and no other', () => {
    const explained = rows('What is tested of every login').map(([aspect = '']) => aspect);
    assert.deepEqual(explained, [...aspects]);
  });

  it('says why an aspect is missing, wherever one is', () => {
    const said = rows('What some logins do not have').map((cells) => cells.join(' | '));
    const missing = flows.flatMap(({ name, without }) =>
      Object.entries(without).map(([aspect, why]) => `${name} | ${aspect} | ${why}`),
    );
    const onOurSide = said.filter((row) => row.includes(' | tells Salesforce the visitor id | '));
    assert.deepEqual(said.filter((row) => !onOurSide.includes(row)).sort(), missing.sort());
    assert.deepEqual(
      onOurSide.map((row) => row.split(' | ')[0]),
      flows.filter(({ carriesVisitor }) => !carriesVisitor).map(({ name }) => name),
    );
  });

  it('leaves nothing out that a login has', () => {
    for (const { name, begin, resend, without } of flows) {
      assert.equal(resend === undefined, without['sends a code again'] !== undefined, name);
      assert.equal(begin === undefined, without['refuses another browser'] !== undefined, name);
    }
  });
});
