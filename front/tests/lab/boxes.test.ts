/** The files that the picture's boxes and the experiments name are there. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { BOXES } from '../../src/lab/boxes';

const ROOT = resolve(import.meta.dirname, '../../..');

it.each(Object.entries(BOXES))('%s names a source and a test that exist', (_name, { source, test }) => {
  expect(existsSync(resolve(ROOT, source)), source).toBe(true);
  expect(existsSync(resolve(ROOT, test)), test).toBe(true);
});
