/** The stages of a turn: no duration mixes two clocks. */
import { describe, expect, it } from 'vitest';
import { titleOf } from '../../src/app/tab-title';
import { reduceAll } from '../../src/chat/reducer';
import { type Clock, INITIAL } from '../../src/chat/state';
import { xrayOf } from '../../src/chat/xray';
import { CHAT, eventAction, logOf, pageAfter, welcome } from './events';

const LOG = logOf([{ id: 'm1', text: 'hi', replies: [{ id: 'r1', parts: ['a', 'b'], end: 'complete', attempts: 2 }] }]);

function xrayAfter(count: number, clock?: Clock) {
  const state = reduceAll(INITIAL, [welcome(false), ...LOG.slice(0, count).map(eventAction)]);
  const turn = state.threads[CHAT]?.turns[0];
  const reply = turn?.replies[0];
  if (!turn || !reply) throw new Error('There is no reply yet.');
  return xrayOf(turn, reply, clock);
}

describe('the X-ray', () => {
  it('takes the server’s own timings once the reply is whole', () => {
    const { stages, totalMs } = xrayAfter(LOG.length);
    expect(stages.map(({ kind, ms }) => [kind, ms])).toEqual([
      ['queued', 1],
      ['thinking', 2],
      ['streaming', 0],
    ]);
    expect(totalMs).toBe(3);
  });

  it('shows this page’s own steps only where this page took them', () => {
    const kinds = (clock?: Clock) =>
      xrayAfter(LOG.length, clock)
        .stages.filter(({ kind }) => kind === 'held' || kind === 'client')
        .map(({ kind, ms }) => [kind, ms]);
    expect(kinds()).toEqual([]);
    expect(kinds({ typed: 5, sent: 9 })).toEqual([]); // sent at once is no stage
    expect(kinds({ typed: 5, sent: 9, accepted: 20 })).toEqual([['client', 11]]);
    expect(kinds({ typed: 5, sent: 905, accepted: 920 })).toEqual([
      ['held', 900],
      ['client', 15],
    ]);
  });

  it('adds up to its total, also after a time offline', () => {
    const { stages, totalMs } = xrayAfter(LOG.length, { typed: 0, sent: 60_000, accepted: 60_010 });
    expect(totalMs).toBe(60_013);
    expect(stages.reduce((sum, one) => sum + one.ms, 0)).toBe(totalMs);
  });

  it('names every attempt and when it took over', () => {
    expect(xrayAfter(LOG.length).attempts).toEqual([
      { attempt: 1, worker: 'worker 1', afterMs: 0 },
      { attempt: 2, worker: 'worker 2', afterMs: 2 },
    ]);
  });

  it('adds when it was stored, once the server has said so', () => {
    const page = pageAfter(LOG, LOG.length);
    const items = page.items.map((item) =>
      item.role === 'user' ? item : { ...item, stored_at: '2026-01-01T00:00:00.045Z' },
    );
    const state = reduceAll(INITIAL, [
      welcome(false),
      ...LOG.map(eventAction),
      { type: 'thread.loaded', id: CHAT, page: { ...page, items }, older: true },
    ]);
    const turn = state.threads[CHAT]?.turns[0];
    const reply = turn?.replies[0];
    if (!turn || !reply) throw new Error('There is no reply.');
    expect(xrayOf(turn, reply, undefined).storedMs).toBe(40);
  });
});

describe('the tab’s title', () => {
  it.each([
    ['Ropes', 0, 0, 'Ropes · Myna'],
    ['Ropes', 1, 2, '… Ropes · Myna'],
    [undefined, 0, 2, '(2) Myna'],
  ])('%s with %i running and %i unread is %s', (name, running, unread, title) => {
    expect(titleOf(name, running, unread)).toBe(title);
  });
});
