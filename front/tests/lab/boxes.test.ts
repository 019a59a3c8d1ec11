/** The files that the picture's boxes and the experiments name are there, and come with the page. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { BOXES } from '../../src/lab/boxes';
import { EXPERIMENTS } from '../../src/lab/experiments';
import { functionIn, sourceFile } from '../../src/lab/source-files';

const ROOT = resolve(import.meta.dirname, '../../..');

it.each([...Object.entries(BOXES), ...EXPERIMENTS.map((one) => [one.name, one] as const)])(
  '%s names a source and a test that exist, and can be opened',
  (_name, { source, test }) => {
    const [file = '', name = ''] = test.split('::');
    for (const path of [source, file]) {
      expect(existsSync(resolve(ROOT, path)), path).toBe(true);
      expect(sourceFile(path), path).toBeTypeOf('function');
    }
    const lines = functionIn(readFileSync(resolve(ROOT, file), 'utf8'), name).split('\n');
    expect(lines.filter((line) => /^(async )?def /.test(line))).toEqual([expect.stringContaining(`def ${name}(`)]);
  },
);
