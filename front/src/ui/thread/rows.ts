/** The rows of a thread: the messages on its path, those that are on their way, and refused ones last. Pure. */
import type { OutboxEntry } from '../../chat/state';
import type { Step } from '../../chat/tree';
import { dayKey } from '../format';

export interface TurnRow extends Step {
  id: string;
  newDay: boolean;
}

export type Row = TurnRow | { id: string; entry: OutboxEntry };

/** Derived again with every part, from up to ten thousand turns: a row whose step is the same stays the same. */
let last: { path: readonly Step[]; rows: readonly TurnRow[] } = { path: [], rows: [] };

function dayOf(step: Step | undefined): string {
  return step ? dayKey(step.turn.at) : '';
}

function turnRows(path: readonly Step[]): TurnRow[] {
  const rows: TurnRow[] = [];
  for (let place = 0; place < path.length; place += 1) {
    const [step, before] = [path[place], path[place - 1]];
    if (!step || step.turn.at === '') break; // from here on they are on their way
    const known = last.rows[place];
    const same = last.path[place] === step && last.path[place - 1]?.turn.at === before?.turn.at;
    rows.push(known && same ? known : { id: step.turn.id, ...step, newDay: dayOf(step) !== dayOf(before) });
  }
  last = { path, rows };
  return rows;
}

/** `entries` are the messages of the outbox; those that were never sent are shown elsewhere. */
export function rowsOf(path: readonly Step[], entries: readonly OutboxEntry[]): Row[] {
  const rows: Row[] = turnRows(path);
  const shown = entries.filter((entry) => entry.phase !== 'queued' || entry.sends > 0);
  for (const { turn } of path.slice(rows.length)) {
    const entry = shown.find((one) => one.id === turn.id);
    if (entry) rows.push({ id: turn.id, entry });
  }
  for (const entry of shown) if (entry.phase === 'failed') rows.push({ id: entry.id, entry });
  return rows;
}
