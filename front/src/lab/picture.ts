/** The picture of now, from what the node answers, and of a moment of a trace. Pure. */
import type { TraceEntry } from '../chat/recording';
import { isEvent } from '../protocol/decode';
import type { PipelineResponder, PipelineTurns, RelayPosition } from '../protocol/http';
import { type LogCursor, type OpenTurn, type Picture, waitingIn } from '../ui/pipeline/picture';

/** What a node said of itself when it answered last: a balancer may lead each request to another one. */
export interface NodeAnswer {
  /** When, in milliseconds. */
  at: number;
  relays: readonly RelayPosition[];
  /** It writes what its relay reads to Postgres. */
  records: boolean;
  /** Its own, of which no other node knows the prefetch and the state. */
  responders: readonly PipelineResponder[];
  /** Those that were its own, and are no more. */
  gone: ReadonlySet<string>;
}

export type Nodes = ReadonlyMap<string, NodeAnswer>;

const FORGOTTEN_MS = 5_000; // after its last answer; a node that is gone answers nothing

/** The nodes that have answered lately, the one of this answer among them. */
export function nodesAfter(known: Nodes, answer: PipelineTurns, now: number): Nodes {
  const lately = [...known].filter(([, { at }]) => now - at < FORGOTTEN_MS);
  const responders = answer.responders.filter((one) => one.here);
  const { relays, recorder } = answer;
  const here = new Set(responders.map(({ worker }) => worker));
  const before = known.get(answer.node);
  const seen = [...(before?.gone ?? []), ...(before?.responders ?? []).map(({ worker }) => worker)];
  const gone = new Set(seen.filter((worker) => !here.has(worker)));
  return new Map([...lately, [answer.node, { at: now, relays, records: recorder.active, responders, gone }]]);
}

function respondersOf(answer: PipelineTurns, nodes: Nodes): readonly PipelineResponder[] {
  const own = new Map([...nodes.values()].flatMap(({ responders }) => responders.map((one) => [one.worker, one])));
  const begun = answer.responders.map((one) => {
    const { prefetch, state } = own.get(one.worker) ?? one;
    return { ...one, prefetch, state };
  });
  const named = new Set(begun.map(({ worker }) => worker));
  const idle = [...own.values()].filter(({ worker }) => !named.has(worker)).map((one) => ({ ...one, open: 0 }));
  return [...begun, ...idle].sort((a, b) => (a.worker < b.worker ? -1 : 1));
}

export function pictureOf(answer: PipelineTurns, nodes: Nodes): Picture {
  const { turns, more, held, log, recorder, tab } = answer;
  const { first, last } = log;
  const relays = [...nodes.values()]
    .flatMap((one) => one.relays.map((relay) => ({ ...relay, reader: one.records ? 'relay and recorder' : 'relay' })))
    .sort((a, b) => (a.node < b.node ? -1 : 1));
  const cursors: LogCursor[] = [
    ...relays.map(({ node, reader, position }) => ({ name: `${reader} of ${node}`, kind: 'relay', position }) as const),
    ...(tab ? [{ name: 'this tab', kind: 'tab', position: tab.position } as const] : []),
    ...(recorder.position === null ? [] : [{ name: 'Postgres', kind: 'stored', position: recorder.position } as const]),
  ];
  const span = first === null || last === null ? null : { first, last };
  return { turns, more, held, responders: respondersOf(answer, nodes), log: span, cursors };
}

/**
 * Deliveries of a responder that is gone are in the queue again, which the log says only when another one begins.
 * `gone` are such responders; `depth` is how many deliveries wait, as the broker counts.
 */
export function withReturned(picture: Picture, gone: ReadonlySet<string>, depth: number): Picture {
  let returned = depth - waitingIn(picture).length;
  const turns = picture.turns.map((turn) => {
    if (returned <= 0 || turn.stage === 'waiting' || !turn.worker || !gone.has(turn.worker)) return turn;
    returned -= 1;
    return { ...turn, stage: 'waiting', worker: null } as const;
  });
  const responders = picture.responders.filter(
    ({ worker }) => !gone.has(worker) || turns.some((turn) => turn.worker === worker),
  );
  return { ...picture, turns, responders };
}

/** For each number of entries, how many events of the log are among them. */
export function eventCounts(entries: readonly TraceEntry[]): Uint32Array {
  const counts = new Uint32Array(entries.length + 1);
  for (const [place, entry] of entries.entries()) {
    const isOfLog = 'received' in entry && isEvent(entry.received);
    counts[place + 1] = (counts[place] ?? 0) + (isOfLog ? 1 : 0);
  }
  return counts;
}

/** Of a trace only one reader is known: the tab that recorded it. Its log is the `last` events that the tab got, counted from 0. */
export function pictureAt(turns: readonly OpenTurn[], position: number, last: number): Picture {
  const workers = new Set(turns.flatMap((turn) => turn.worker ?? []));
  const unknown = { here: false, prefetch: null, state: null };
  return {
    turns,
    more: 0,
    held: 0,
    responders: [...workers].map((worker) => ({ ...unknown, worker, open: 0 })),
    log: { first: 0, last },
    cursors: [{ name: 'the recording tab', kind: 'tab', position }],
  };
}
