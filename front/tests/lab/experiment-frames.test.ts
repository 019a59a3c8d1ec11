/** What the experiments say of the frames that a tab got. */
import { expect, it } from 'vitest';
import type { TraceEntry } from '../../src/chat/recording';
import { longestGap, outcomeOf } from '../../src/lab/experiment-frames';
import type { ServerFrame } from '../../src/protocol/wire';

const entry = (at: number, type: ServerFrame['type'], message = 'm1'): TraceEntry => ({
  at,
  received: { type, message_id: message, at: '2026-01-01T00:00:00.000Z' } as ServerFrame,
});

it('measures a pause as this tab had it, whatever the parts say when they were made', () => {
  const entries = [entry(0, 'reply.delta'), entry(100, 'reply.delta'), entry(3_100, 'reply.delta')];
  expect(longestGap(entries, 'm1')).toBe(3_000);
  expect(longestGap(entries, 'another')).toBe(0);
});

it('says what became of several messages once the last is answered', () => {
  const first = [entry(0, 'reply.started'), entry(1, 'reply.started'), entry(2, 'reply.completed')];
  const second = [entry(3, 'reply.started', 'm2'), entry(4, 'reply.completed', 'm2')];
  expect(outcomeOf(first, ['m1', 'm2'])).toBeNull();
  expect(outcomeOf([...first, ...second], ['m1', 'm2'])).toBe(
    'All 2 were answered, each once; 1 were begun by one responder and ended by another.',
  );
  expect(outcomeOf([...second, entry(5, 'reply.completed', 'm2')], ['m2'])).toBe(
    'All 1 were answered, 2 times at most; none was begun anew.',
  );
});
