/** The picture of now, from what the node answers, and of a moment of a trace. Pure. */
import type { TraceEntry } from '../chat/recording';
import { isEvent } from '../protocol/decode';
import type { PipelineTurns } from '../protocol/http';
import type { LogCursor, OpenTurn, Picture } from '../ui/pipeline/picture';

export function pictureOf(answer: PipelineTurns): Picture {
  const { turns, more, held, responders, log, relays, recorder, tab } = answer;
  const { first, last } = log;
  const cursors: LogCursor[] = [
    ...(tab ? [{ name: 'this tab', kind: 'tab', position: tab.position } as const] : []),
    ...relays.map(({ node, position }) => ({ name: `relay of ${node}`, kind: 'relay', position }) as const),
    ...(recorder.position === null ? [] : [{ name: 'Postgres', kind: 'stored', position: recorder.position } as const]),
  ];
  return { turns, more, held, responders, log: first === null || last === null ? null : { first, last }, cursors };
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
