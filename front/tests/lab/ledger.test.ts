/** The ledger of a tab: green over what was kept, and it names each promise that was broken. */
import { expect, it } from 'vitest';
import type { TraceEntry } from '../../src/chat/recording';
import { isGreen, ledgerOf } from '../../src/lab/ledger';
import { CHAT, welcome } from '../chat/events';
import { got, isGot, recordingOf, WELCOME } from './traces';

const countsOf = (entries: readonly TraceEntry[]) => ledgerOf(entries).counts();
const whole = recordingOf();
const without = (wanted: (entry: TraceEntry) => boolean) => whole.filter((entry) => !wanted(entry));
const place = (wanted: (entry: TraceEntry) => boolean) => whole.findIndex(wanted);

it('counts what was accepted and answered, and is green', () => {
  const counts = countsOf(whole);
  expect(counts).toMatchObject({ accepted: 3, answered: 3, failed: 1, open: 0, unknown: 0 });
  expect(isGreen(counts)).toBe(true);
});

it('is green, with what is open, at every moment of a recording', () => {
  for (let end = 0; end <= whole.length; end += 1) {
    const counts = countsOf(whole.slice(0, end));
    expect(isGreen(counts)).toBe(true);
    expect(counts.answered + counts.open).toBe(counts.accepted);
  }
});

it('misses an answer once a later message of the conversation is answered', () => {
  const counts = countsOf(without(isGot('reply.completed', { reply_id: 'r1' })));
  expect(counts).toMatchObject({ accepted: 3, answered: 2, lost: 1, open: 0 });
  expect(isGreen(counts)).toBe(false);
});

it('misses a part, and a text that is not the sum of its parts', () => {
  expect(countsOf(without(isGot('reply.delta', { reply_id: 'r2', index: 0 }))).broken).toBe(2);
  expect(countsOf(without(isGot('reply.delta', { reply_id: 'r2', index: 1 }))).broken).toBe(1);
});

it.each(['message.created', 'reply.delta', 'reply.completed'] as const)('sees a %s that comes twice', (type) => {
  const entry = whole.find(isGot(type));
  if (!entry) throw new Error(`The recording has no ${type}.`);
  expect(countsOf([...whole, entry]).doubled).toBe(1);
});

it('sees a part after the end of its reply, and an answer out of order', () => {
  const late = place(isGot('reply.delta', { reply_id: 'r2', index: 1 }));
  const ended = place(isGot('reply.completed', { reply_id: 'r2' }));
  const moved = [...whole.slice(0, late), ...whole.slice(late + 1, ended + 1), ...whole.slice(late, late + 1)];
  expect(countsOf(moved).out_of_order).toBe(1);
  const end = whole[place(isGot('reply.completed', { reply_id: 'r1' }))];
  if (!end) throw new Error('The recording has no end of r1.');
  const counts = countsOf([...without((entry) => entry === end), end]);
  expect(counts).toMatchObject({ lost: 0, out_of_order: 1, answered: 3 });
});

it('sees an event of a conversation that belongs to another owner', () => {
  const ledger = ledgerOf([...whole, got({ ...WELCOME, owner: 'somebody' }), ...whole.slice(-1)]);
  expect(ledger.counts().leaked).toBe(1);
  expect(ledger.faults.join()).toContain('another owner');
});

it('takes a repeated acceptance for the same promise', () => {
  const again = got({ type: 'message.accepted', id: 'm1', conversation_id: CHAT, duplicate: true });
  expect(countsOf([...whole, again]).accepted).toBe(3);
});

it('owes one more reply for a reply that was requested again', () => {
  const again: TraceEntry[] = [
    { at: 0, sent: { type: 'reply.regenerate', id: 'g1', conversation_id: CHAT, message_id: 'm1' } },
    got({ type: 'message.accepted', id: 'g1', conversation_id: CHAT, duplicate: false }),
  ];
  expect(countsOf([...whole, ...again])).toMatchObject({ accepted: 4, answered: 3, open: 1 });
});

it('does not claim to know what it could not follow', () => {
  const begun = welcome(false);
  const half = whole.slice(0, place(isGot('reply.delta', { index: 1 })));
  const counts = countsOf([...half, ...(begun.type === 'welcome' ? [got(begun.frame)] : [])]);
  expect(counts).toMatchObject({ accepted: 1, open: 0, unknown: 1 });
});

it('owes nothing to a message whose conversation was deleted while it waited', () => {
  const half = whole.slice(0, place(isGot('reply.started')));
  const deleted = got({ type: 'conversation.deleted', conversation_id: CHAT, cursor: 'x', at: '' });
  expect(countsOf([...half, deleted])).toMatchObject({ accepted: 0, open: 0 });
});
