/** The files that the picture's boxes and the experiments name are there, and come with the page. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { BOXES } from '../../src/lab/boxes';
import { EXPERIMENTS } from '../../src/lab/experiments';
import { sourceFile } from '../../src/lab/source-files';

const ROOT = resolve(import.meta.dirname, '../../..');

it.each([...Object.entries(BOXES), ...EXPERIMENTS.map((one) => [one.name, one] as const)])(
  '%s names a source and a test that exist, and can be opened',
  (_name, { source, test }) => {
    for (const path of [source, test]) {
      expect(existsSync(resolve(ROOT, path)), path).toBe(true);
      expect(sourceFile(path), path).toBeTypeOf('function');
    }
  },
);
