/** Reconnect delays: spread out, growing, bounded. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoffMs } from '../../src/transport/backoff';

it('waits at least nothing and at most a doubling ceiling of 5 s', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, luck) => {
      const wait = backoffMs(attempt, () => luck);
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(Math.min(5_000, 400 * 2 ** Math.min(attempt, 16)));
    }),
  );
});

it('spreads many clients over the whole span', () => {
  const waits = Array.from({ length: 1_000 }, () => backoffMs(5));
  expect(Math.min(...waits)).toBeLessThan(500);
  expect(Math.max(...waits)).toBeGreaterThan(4_000);
});
