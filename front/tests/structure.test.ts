/** The rooms import in one direction only: protocol ← transport ← chat ← ui ← app. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = resolve(import.meta.dirname, '../src');
const ROOMS = ['protocol', 'transport', 'chat', 'ui', 'app'];
/** What only one place may touch. */
const DOORS: Record<string, string[]> = {
  'idb-keyval': ['chat/keep.ts'],
  'react-markdown': ['ui/markdown/MarkdownBlock.tsx'],
  lowlight: ['ui/markdown/highlight.ts'],
};
/** Lines; the habit is 120 for a component and 250 for a module. */
const LONGEST = { component: 130, module: 310 };

const files = (readdirSync(SRC, { recursive: true }) as string[]).filter((name) => /\.tsx?$/.test(name));

function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

describe('the rooms', () => {
  it('has files to look at', () => expect(files.length).toBeGreaterThan(20));

  it.each(files)('%s imports only from its own room and those below', (file) => {
    const room = ROOMS.indexOf(file.split('/')[0] ?? '');
    expect(room).toBeGreaterThanOrEqual(0);
    for (const target of importsOf(file).filter((one) => one.startsWith('.'))) {
      const other = ROOMS.indexOf(relative(SRC, resolve(dirname(join(SRC, file)), target)).split('/')[0] ?? '');
      expect(other, `${file} imports ${target}`).toBeLessThanOrEqual(room);
    }
  });

  it.each(files)('%s uses a library only if it is that library’s door', (file) => {
    for (const target of importsOf(file)) {
      const doors = DOORS[target];
      if (doors) expect(doors, `${file} imports ${target}`).toContain(file);
    }
  });

  it.each(files.filter((one) => /^(protocol|transport|chat)\//.test(one)))('%s knows no React', (file) => {
    expect(importsOf(file).filter((one) => one.startsWith('react'))).toEqual([]);
  });

  it.each(files)('%s says in its first line what it is for', (file) => {
    expect(readFileSync(join(SRC, file), 'utf8')).toMatch(/^\/\*\*/);
  });

  it.each(files)('%s is short enough to be read', (file) => {
    const lines = readFileSync(join(SRC, file), 'utf8').split('\n').length;
    expect(lines).toBeLessThanOrEqual(file.endsWith('.tsx') ? LONGEST.component : LONGEST.module);
  });
});
