/** What each close code means for the next connection attempt. */

export interface CloseRule {
  /** Least wait before the next attempt, in milliseconds; jitter comes on top. */
  floorMs: number;
  /** The session has to be renewed, and the old cursor is void. */
  renew: boolean;
  reason: string;
}

const DROPPED: CloseRule = { floorMs: 0, renew: false, reason: 'The connection was lost.' };

const RULES: Record<number, CloseRule> = {
  1003: { floorMs: 2_000, renew: false, reason: 'The server refused a frame.' },
  1009: { floorMs: 2_000, renew: false, reason: 'The server refused a frame that was too large.' },
  1012: { floorMs: 250, renew: false, reason: 'The server is restarting.' },
  1013: { floorMs: 3_000, renew: false, reason: 'The server is full at the moment.' },
  // Another tab may have ended it, and is about to get the new one that both share.
  4401: { floorMs: 1_000, renew: true, reason: 'The session has ended.' },
  4408: { floorMs: 0, renew: false, reason: 'This page read too slowly and catches up.' },
  4429: { floorMs: 10_000, renew: false, reason: 'Too many frames at once.' },
};

export function closeRule(code: number): CloseRule {
  return RULES[code] ?? DROPPED;
}
