/** Many events at once: what folding them gives, and how much of the state it copies. */
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Draft } from '../../src/chat/draft';
import { reduce, reduceAll } from '../../src/chat/reducer';
import { INITIAL } from '../../src/chat/state';
import type { ServerEvent } from '../../src/protocol/wire';
import { eventAction, logOf, welcome } from './events';

const CONVERSATIONS = 50;

/** The logs of many conversations, one event of each in turn. */
function mixed(conversations: number): ServerEvent[] {
  const logs = Array.from({ length: conversations }, (_, place) =>
    logOf([
      {
        id: `m${place}`,
        text: 'hi',
        replies: [{ id: `r${place}`, parts: ['a', 'b', 'c'], end: 'complete', attempts: 2 }],
      },
    ]).map((event): ServerEvent => ({ ...event, conversation_id: `c${place}` })),
  );
  const longest = Math.max(...logs.map((log) => log.length));
  return Array.from({ length: longest }, (_, step) => logs.flatMap((log) => log[step] ?? [])).flat();
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const one of Object.values(value)) frozen(one);
  }
  return value;
}

afterEach(() => vi.restoreAllMocks());

describe('events that come together', () => {
  const actions = [...mixed(CONVERSATIONS), ...deletions()].map(eventAction);

  function deletions(): ServerEvent[] {
    return [{ type: 'conversation.deleted', conversation_id: 'c3', cursor: '999', at: '2026-01-01T00:00:09.000Z' }];
  }

  it('give the same state however they are cut into batches, and change none of the states between', () => {
    const begun = frozen(reduce(INITIAL, welcome(false)));
    const single = actions.reduce((state, action) => frozen(reduce(state, action)), begun);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: actions.length }), { maxLength: 6 }), (cuts) => {
        const ends = [...new Set([...cuts, actions.length])].sort((a, b) => a - b);
        let [state, from] = [begun, 0];
        for (const end of ends) {
          state = frozen(reduceAll(state, actions.slice(from, end)));
          from = end;
        }
        expect(state).toEqual(single);
      }),
      { numRuns: 20 },
    );
  });

  it('copy each record of the state once, not once for each event', () => {
    const copies = vi.spyOn(Draft.prototype as unknown as { copyOf(name: string): object }, 'copyOf');
    reduceAll(reduce(INITIAL, welcome(false)), actions);
    const names = copies.mock.calls.map(([name]) => name);
    expect(names).toContain('threads');
    expect(names).toEqual([...new Set(names)]);
  });

  it('leave the records that they do not touch as they were', () => {
    const before = reduceAll(reduce(INITIAL, welcome(false)), actions.slice(0, 3 * CONVERSATIONS));
    const delta = actions.slice(3 * CONVERSATIONS, 3 * CONVERSATIONS + 1);
    const after = reduceAll(before, delta);
    expect(after.threads.c0).not.toBe(before.threads.c0);
    expect(after.threads.c1).toBe(before.threads.c1);
    expect(after.conversations).toBe(before.conversations);
    expect(after.running).toBe(before.running);
    expect(reduceAll(after, delta)).toBe(after);
  });
});
