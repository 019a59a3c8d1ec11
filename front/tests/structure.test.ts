/** Layers import in one direction only: protocol ← transport ← chat ← ui ← lab ← calls ← app. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = resolve(import.meta.dirname, '../src');
const LAYERS = ['protocol', 'transport', 'chat', 'ui', 'lab', 'calls', 'app'];
/** Libraries that only one module may import. */
const ONLY_IMPORTERS: Record<string, string[]> = {
  'idb-keyval': ['chat/storage.ts'],
  'react-markdown': ['ui/markdown/MarkdownBlock.tsx'],
  lowlight: ['ui/markdown/highlight.ts'],
};
/** Lines; aim for 120 for a component and 250 for a module. */
const MAX_LINES = { component: 130, module: 310 };
const WRITTEN_BY_TOOLS = ['protocol/http.ts', 'protocol/wire.ts'];

const files = (readdirSync(SRC, { recursive: true }) as string[]).filter((name) => /\.tsx?$/.test(name));

function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

describe('the layers', () => {
  it('has files to look at', () => expect(files.length).toBeGreaterThan(20));

  it.each(files)('%s imports only from its own layer and those below', (file) => {
    const layer = LAYERS.indexOf(file.split('/')[0] ?? '');
    expect(layer).toBeGreaterThanOrEqual(0);
    for (const target of importsOf(file).filter((one) => one.startsWith('.'))) {
      const other = LAYERS.indexOf(relative(SRC, resolve(dirname(join(SRC, file)), target)).split('/')[0] ?? '');
      expect(other, `${file} imports ${target}`).toBeLessThanOrEqual(layer);
    }
  });

  it.each(files)('%s is the only importer of a library if it imports it', (file) => {
    for (const target of importsOf(file)) {
      const importers = ONLY_IMPORTERS[target];
      if (importers) expect(importers, `${file} imports ${target}`).toContain(file);
    }
  });

  it.each(files.filter((one) => /^(protocol|transport|chat)\//.test(one)))('%s does not import React', (file) => {
    expect(importsOf(file).filter((one) => one.startsWith('react'))).toEqual([]);
  });

  it.each(files)('%s opens with a comment that says what it is for', (file) => {
    expect(readFileSync(join(SRC, file), 'utf8')).toMatch(/^\/\*\*/);
  });

  it.each(files.filter((one) => !WRITTEN_BY_TOOLS.includes(one)))('%s is not too long', (file) => {
    const lines = readFileSync(join(SRC, file), 'utf8').split('\n').length;
    expect(lines).toBeLessThanOrEqual(file.endsWith('.tsx') ? MAX_LINES.component : MAX_LINES.module);
  });
});
