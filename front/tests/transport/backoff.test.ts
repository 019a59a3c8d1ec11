/** Reconnect delays: spread out, growing, bounded. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoffMs } from '../../src/transport/backoff';

it('waits at least nothing and at most a doubling ceiling of 20 s', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, luck) => {
      const wait = backoffMs(attempt, () => luck);
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(Math.min(20_000, 400 * 2 ** Math.min(attempt, 16)));
    }),
  );
});

it('spreads a crowd over the whole span', () => {
  const waits = Array.from({ length: 1_000 }, () => backoffMs(5));
  expect(Math.min(...waits)).toBeLessThan(2_000);
  expect(Math.max(...waits)).toBeGreaterThan(10_000);
});
