/** Events and pages in any order give the same state. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shownPath } from '../../src/chat/paths';
import { type Action, reduceAll } from '../../src/chat/reducer';
import { type ChatState, INITIAL } from '../../src/chat/state';
import { CHAT, eventAction, logOf, pageAfter, type TurnPlan, welcome } from './events';

const reply = fc.record({
  id: fc.uuid(),
  parts: fc.array(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
  end: fc.constantFrom('complete' as const, 'stopped' as const, 'failed' as const, 'open' as const),
  attempts: fc.integer({ min: 1, max: 3 }),
});
const turns: fc.Arbitrary<TurnPlan[]> = fc
  .uniqueArray(
    fc.record({
      id: fc.uuid(),
      text: fc.string({ minLength: 1 }),
      follows: fc.nat(),
      replies: fc.uniqueArray(reply, { selector: (one) => one.id, maxLength: 3 }),
    }),
    { selector: (one) => one.id, maxLength: 4 },
  )
  // A reply belongs to one message.
  .map((plan) =>
    plan.map((turn) => ({ ...turn, replies: turn.replies.map((one) => ({ ...one, id: `${turn.id}/${one.id}` })) })),
  )
  // A message follows a reply of before, or begins a branch of its own at the root.
  .map((plan) =>
    plan.map(({ follows, ...turn }, place) => {
      const before = [null, ...plan.slice(0, place).flatMap((one) => one.replies.map(({ id }) => id))];
      return { ...turn, parent: before[follows % before.length] ?? null };
    }),
  );

/** What the user sees: text, order, outcomes. Receive times are left out. */
function seen(state: ChatState) {
  return {
    turns: (state.threads[CHAT]?.turns ?? []).map((turn) => ({
      id: turn.id,
      text: turn.text,
      parent: turn.parent,
      replies: turn.replies.map(({ id, text, parts, end, buffered }) => ({ id, text, parts, end, buffered })),
    })),
    path: shownPath(state, CHAT).map(({ turn, siblings, version }) => ({ id: turn.id, siblings, version })),
    orphans: state.threads[CHAT]?.orphans ?? [],
    running: [...(state.running[CHAT] ?? [])].sort(),
  };
}

const live = (actions: readonly Action[]) => reduceAll(INITIAL, [welcome(false), ...actions]);

describe('the reducer', () => {
  it('gives the same state for a log and for the same log with any events repeated', () => {
    fc.assert(
      fc.property(turns, fc.array(fc.nat()), (plan, repeats) => {
        const log = logOf(plan).map(eventAction);
        const doubled = log.flatMap((action, place) => (repeats.includes(place) ? [action, action] : [action]));
        const replayed = repeats.length > 0 ? [...log, ...log.slice((repeats[0] ?? 0) % (log.length + 1))] : doubled;
        expect(seen(live(doubled))).toEqual(seen(live(log)));
        expect(seen(live(replayed))).toEqual(seen(live(log)));
      }),
    );
  });

  it('gives the same state for events in any order', () => {
    fc.assert(
      fc.property(
        turns.chain((plan) =>
          fc.tuple(fc.constant(plan), fc.shuffledSubarray(logOf(plan), { minLength: logOf(plan).length })),
        ),
        ([plan, shuffled]) => {
          expect(seen(live(shuffled.map(eventAction)))).toEqual(seen(live(logOf(plan).map(eventAction))));
        },
      ),
    );
  });

  it('joins a page read in the middle and the live events around it without loss or doubling', () => {
    fc.assert(
      fc.property(turns, fc.nat(), fc.nat(), fc.nat(), (plan, a, b, c) => {
        const log = logOf(plan);
        // Live from `from`; the page shows the state after `read`, and comes in after `lands`.
        const [from = 0, read = 0, lands = 0] = [a, b, c].map((one) => one % (log.length + 1)).sort((x, y) => x - y);
        const actions: Action[] = [
          welcome(false, String(from)),
          ...log.slice(from, lands).map(eventAction),
          { type: 'thread.loaded', id: CHAT, page: pageAfter(log, read), older: false },
          ...log.slice(lands).map(eventAction),
        ];
        expect(seen(reduceAll(INITIAL, actions))).toEqual(seen(live(log.map(eventAction))));
      }),
    );
  });

  it('resumes after any number of cuts to the state of an unbroken connection', () => {
    fc.assert(
      fc.property(turns, fc.array(fc.nat(), { maxLength: 4 }), (plan, cuts) => {
        const log = logOf(plan).map(eventAction);
        const actions = log.flatMap((action, place) =>
          cuts.includes(place)
            ? [{ type: 'connection', connection: { phase: 'offline', since: 0 } } as Action, welcome(true), action]
            : [action],
        );
        expect(seen(live(actions))).toEqual(seen(live(log)));
      }),
    );
  });

  it('reloads everything when it could not resume, and ends at the same state', () => {
    fc.assert(
      fc.property(turns, fc.nat(), (plan, cut) => {
        const log = logOf(plan);
        const middle = cut % (log.length + 1);
        const actions: Action[] = [
          ...log.slice(0, middle).map(eventAction),
          welcome(false, String(middle)),
          { type: 'thread.loaded', id: CHAT, page: pageAfter(log, middle), older: false },
          ...log.slice(middle).map(eventAction),
        ];
        expect(seen(live(actions))).toEqual(seen(live(log.map(eventAction))));
      }),
    );
  });
});
