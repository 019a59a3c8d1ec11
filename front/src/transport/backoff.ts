/** How long to wait before the next connection attempt. */

const FIRST_MS = 400; // a restarting server is usually back within half a second
const CEILING_MS = 5_000; // the longest a page stays away from a server that is back

/** Full jitter: a random wait below a doubling ceiling, so that many clients do not reconnect in step. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(CEILING_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.round(random() * ceiling);
}
