/** How long to wait before knocking again. No timers here, only the sum. */

const FIRST_MS = 400; // a restarting server is usually back within half a second
const CEILING_MS = 20_000; // nobody should look at a longer countdown

/** Full jitter: anything between nothing and a doubling ceiling, so a crowd does not come back in step. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(CEILING_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.round(random() * ceiling);
}
