/** The files that the picture's boxes and the experiments name are there. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { BOXES } from '../../src/lab/boxes';
import { EXPERIMENTS } from '../../src/lab/experiments';

const ROOT = resolve(import.meta.dirname, '../../..');

it.each([...Object.entries(BOXES), ...EXPERIMENTS.map((one) => [one.name, one] as const)])(
  '%s names a source and a test that exist',
  (_name, { source, test }) => {
    expect(existsSync(resolve(ROOT, source)), source).toBe(true);
    expect(existsSync(resolve(ROOT, test)), test).toBe(true);
  },
);
