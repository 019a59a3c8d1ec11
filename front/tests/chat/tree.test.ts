/** The tree of messages and the path through it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Reply, Turn } from '../../src/chat/state';
import { endOf, isOn, pathOf } from '../../src/chat/tree';
import { at } from './events';

interface Node {
  /** Index of the message followed among those before, or -1 at the root; and which of its replies. */
  parent: number;
  version: number;
  replies: number;
}

const nodes: fc.Arbitrary<Node[]> = fc
  .array(fc.record({ parent: fc.nat(), version: fc.nat(), replies: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((all) => all.map((node, place) => ({ ...node, parent: (node.parent % (place + 1)) - 1 })));

const reply = (id: string, message_id: string, step: number) => ({ id, message_id, at: at(step) }) as Reply;

/** Turn 3 has the replies `3.0`, `3.1` …; each message is later than what it follows. */
function turnsOf(all: readonly Node[]): Turn[] {
  return all.map((node, place) => {
    const above = all[node.parent];
    return {
      id: String(place),
      text: `text ${place}`,
      at: at(place * 10),
      parent: above ? `${node.parent}.${node.version % above.replies}` : null,
      replies: Array.from({ length: node.replies }, (_, version) =>
        reply(`${place}.${version}`, String(place), place * 10 + version + 1),
      ),
      options: null,
      pendingReplies: 0,
      closed: true,
    };
  });
}

const ids = (turns: readonly Turn[], tip?: string) => pathOf(turns, tip).map(({ turn }) => turn.id);

describe('the path', () => {
  it('is a chain from a root on which each message follows the reply shown before it', () => {
    fc.assert(
      fc.property(nodes, fc.nat(), (all, tip) => {
        const turns = turnsOf(all);
        const path = pathOf(turns, String(tip % turns.length));
        expect(path[0]?.turn.parent).toBeNull();
        path.slice(1).forEach(({ turn }, depth) => {
          const above = path[depth];
          expect(turn.parent).toBe(above?.turn.replies[above.version]?.id);
        });
      }),
    );
  });

  it('goes through any message and any reply that is chosen', () => {
    fc.assert(
      fc.property(nodes, (all) => {
        const turns = turnsOf(all);
        for (const turn of turns)
          for (const tip of [turn.id, ...turn.replies.map(({ id }) => id)])
            expect(isOn(pathOf(turns, tip), tip)).toBe(true);
      }),
    );
  });

  it('ends at the latest activity where nothing is chosen', () => {
    fc.assert(
      fc.property(nodes, (all) => {
        const turns = turnsOf(all);
        expect(endOf(pathOf(turns, undefined))).toBe(turns.at(-1)?.replies.at(-1)?.id);
      }),
    );
  });

  it('counts the same versions of a message from each of them', () => {
    fc.assert(
      fc.property(nodes, (all) => {
        const turns = turnsOf(all);
        for (const turn of turns) {
          const step = pathOf(turns, turn.id).find((one) => one.turn.id === turn.id);
          expect(step?.siblings).toEqual(turns.filter((one) => one.parent === turn.parent).map((one) => one.id));
        }
      }),
    );
  });

  it('is the same whether messages stand in the order of what they follow or not', () => {
    fc.assert(
      fc.property(
        nodes.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(turnsOf(all), { minLength: all.length }))),
        ([all, shuffled]) => {
          expect(ids(shuffled)).toEqual(ids(turnsOf(all)));
        },
      ),
    );
  });

  it('begins where the older pages are missing', () => {
    fc.assert(
      fc.property(nodes, fc.nat(), (all, cut) => {
        const turns = turnsOf(all);
        const loaded = turns.slice(cut % turns.length);
        const known = new Set(loaded.map(({ id }) => id));
        expect(ids(loaded)).toEqual(ids(turns).filter((id) => known.has(id)));
      }),
    );
  });
});

const LINE = turnsOf([
  { parent: -1, version: 0, replies: 2 },
  { parent: 0, version: 0, replies: 1 },
  { parent: 1, version: 0, replies: 1 },
]);

describe('a path that was chosen', () => {
  it('ends at a newer reply that nothing follows yet, and goes on from the older one', () => {
    expect(ids(LINE, '0.1')).toEqual(['0']);
    expect(ids(LINE, '0.0')).toEqual(['0', '1', '2']);
  });

  it('shows a reply that is still to come as the newest version', () => {
    const waiting = LINE.map((turn) => (turn.id === '1' ? { ...turn, pendingReplies: 1 } : turn));
    expect(pathOf(waiting, '1').map(({ turn, version }) => [turn.id, version])).toEqual([
      ['0', 0],
      ['1', 1],
    ]);
    expect(endOf(pathOf(waiting, '1'))).toBe('1');
  });

  it('is that of the latest activity as long as what was chosen is not loaded', () => {
    expect(ids(LINE, 'elsewhere')).toEqual(['0', '1', '2']);
  });

  it('is a line where a server of the release before names no parents', () => {
    const unnamed = LINE.map((turn) => ({ ...turn, parent: undefined }));
    expect(ids(unnamed)).toEqual(['0', '1', '2']);
    expect(pathOf(unnamed, '0.0').map(({ version }) => version)).toEqual([0, 0, 0]);
  });

  it('follows a message that is followed itself through every version of its reply', () => {
    const [first, second, third] = LINE as [Turn, Turn, Turn];
    const turns = [first, { ...second, parent: '0' }, third];
    expect(ids(turns, '0.0')).toEqual(['0', '1', '2']);
    expect(ids(turns, '0.1')).toEqual(['0', '1', '2']);
  });

  it('leaves out messages that follow each other in a circle', () => {
    const [first, second, third] = LINE as [Turn, Turn, Turn];
    const turns = [first, { ...second, parent: '2.0' }, { ...third, parent: '1.0' }];
    expect(ids(turns)).toEqual(['0']);
    expect(ids(turns, '2')).toEqual(['0']);
  });
});
