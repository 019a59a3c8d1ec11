/** The picture of now, from what the node answers, and of a moment of a trace. Pure. */
import type { TraceEntry } from '../chat/recording';
import type { ChatState } from '../chat/state';
import { isEvent } from '../protocol/decode';
import type { PipelineTurns } from '../protocol/http';
import type { LogCursor, Picture } from '../ui/pipeline/picture';
import { openTurnsOf } from './moment';

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

function isEntryOfLog(entry: TraceEntry): boolean {
  return 'received' in entry && isEvent(entry.received);
}

/** Of a trace only one reader is known: the tab that recorded it. Its log is what the tab got of it, counted from 0. */
export function pictureAt(state: ChatState, entries: readonly TraceEntry[], count: number): Picture {
  const turns = openTurnsOf(state);
  const workers = new Set(turns.flatMap((turn) => turn.worker ?? []));
  const unknown = { here: false, prefetch: null, state: null };
  const last = entries.filter(isEntryOfLog).length;
  const position = entries.slice(0, count).filter(isEntryOfLog).length;
  return {
    turns,
    more: 0,
    held: 0,
    responders: [...workers].map((worker) => ({ ...unknown, worker, open: 0 })),
    log: { first: 0, last },
    cursors: [{ name: 'the recording tab', kind: 'tab', position }],
  };
}
