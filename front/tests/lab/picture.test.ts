/** The picture to scale: what several nodes say of themselves, and the band of the log. */
import { describe, expect, it } from 'vitest';
import { type Nodes, nodesAfter, pictureOf, withReturned } from '../../src/lab/picture';
import type { PipelineResponder, PipelineTurns } from '../../src/protocol/http';
import { bandOf } from '../../src/ui/pipeline/LogBand';
import { inHandOf, waitingIn } from '../../src/ui/pipeline/picture';

const NONE: Nodes = new Map();

function answerOf(node: string, position: number, responders: readonly PipelineResponder[] = []): PipelineTurns {
  const per_s = { messages_per_s: null, events_per_s: null, deltas_per_s: null, ends_per_s: null };
  return {
    at: '2026-01-01T00:00:00.000Z',
    node,
    log: { epoch: 'e', first: 0, last: 1_000 },
    relays: [{ node, position, live: true, lag_ms: 1 }],
    recorder: { active: node === 'node-a', position: 900, pending: 0 },
    responders: [...responders],
    held: 0,
    turns: [],
    more: 0,
    rates: { seconds: 60, ...per_s },
  };
}

const own = { worker: 'r1', open: 2, here: true, prefetch: 32, state: 'paused' } as const;

describe('the picture of several nodes behind one address', () => {
  it('keeps the relay of each node that has answered lately, and says whose recorder writes', () => {
    const first = nodesAfter(NONE, answerOf('node-b', 990), 0);
    const second = answerOf('node-a', 1_000);
    const places = (now: number) =>
      pictureOf(second, nodesAfter(first, second, now)).cursors.map(({ name, position }) => [name, position]);
    const stored = ['Postgres', 900];
    expect(places(250)).toEqual([['relay and recorder of node-a', 1_000], ['relay of node-b', 990], stored]);
    expect(places(60_000)).toEqual([['relay and recorder of node-a', 1_000], stored]);
  });

  it('keeps what only its own node knows of a responder', () => {
    const known = nodesAfter(NONE, answerOf('node-b', 1, [own]), 0);
    const elsewhere = answerOf('node-a', 1, [{ ...own, open: 3, here: false, prefetch: null, state: null }]);
    expect(pictureOf(elsewhere, nodesAfter(known, elsewhere, 250)).responders).toEqual([
      { worker: 'r1', open: 3, here: false, prefetch: 32, state: 'paused' },
    ]);
    const idle = answerOf('node-a', 1);
    expect(pictureOf(idle, nodesAfter(known, idle, 250)).responders).toEqual([{ ...own, open: 0 }]);
  });
});

it('draws the newest record at the end of the band, and says how far behind a reader is that is not on it', () => {
  const picture = pictureOf(answerOf('node-a', 1_000), nodesAfter(NONE, answerOf('node-a', 1_000), 0));
  const { from, lanes } = bandOf(picture);
  expect(from).toBe(920);
  expect(lanes.map(({ name, percent, behind }) => [name, percent, behind])).toEqual([
    ['relay and recorder of node-a', 100, 0],
    ['Postgres', 0, 100],
  ]);
});

it('shows the deliveries of a responder that is gone in the queue, as many as the broker has there', () => {
  const turn = { stage: 'streaming', mine: true, offset: 990, age_ms: 1, worker: 'r1', attempt: 1, parts: 7 } as const;
  const before = nodesAfter(NONE, answerOf('node-a', 1_000, [own]), 0);
  const answer = {
    ...answerOf('node-a', 1_000, [{ ...own, here: false, prefetch: null, state: null }]),
    turns: [turn, turn],
  };
  const nodes = nodesAfter(before, answer, 250);
  const gone = nodes.get('node-a')?.gone ?? new Set();
  const shown = (depth: number) => {
    const picture = withReturned(pictureOf(answer, nodes), gone, depth);
    return [waitingIn(picture).length, inHandOf(picture, 'r1').length, picture.responders.length];
  };
  expect(shown(0)).toEqual([0, 2, 1]); // it finishes what it has
  expect(shown(1)).toEqual([1, 1, 1]);
  expect(shown(2)).toEqual([2, 0, 0]);
});
