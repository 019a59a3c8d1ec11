/** The rows of a thread: the messages on its path, those that are on their way, and refused ones last. Pure. */
import type { OutboxEntry, Turn } from '../../chat/state';
import type { Step } from '../../chat/tree';
import { dayKey } from '../format';

export interface TurnRow extends Step {
  id: string;
  newDay: boolean;
}

export type Row = TurnRow | { id: string; entry: OutboxEntry };

// Rows are derived again with every part, from up to ten thousand turns: what depends on one turn alone is cached.
const days = new WeakMap<Turn, string>();
const drawn = new WeakMap<Turn, TurnRow>();

function dayOf(turn: Turn): string {
  const known = days.get(turn);
  if (known) return known;
  const day = dayKey(turn.at);
  days.set(turn, day);
  return day;
}

function rowOf(step: Step, newDay: boolean): Row {
  const { turn, siblings, version } = step;
  const known = drawn.get(turn);
  const same = known?.newDay === newDay && known.version === version && known.siblings.length === siblings.length;
  if (known && same) return known; // siblings are only ever added
  const row = { id: turn.id, ...step, newDay };
  drawn.set(turn, row);
  return row;
}

/** `entries` are the messages of the outbox; those that were never sent are shown elsewhere. */
export function rowsOf(path: readonly Step[], entries: readonly OutboxEntry[]): Row[] {
  const sent = new Map(
    entries.filter((entry) => entry.phase !== 'queued' || entry.sends > 0).map((one) => [one.id, one]),
  );
  let day = '';
  const rows = path.flatMap((step): Row[] => {
    const { id, at } = step.turn;
    if (at === '') {
      const entry = sent.get(id);
      return entry ? [{ id, entry }] : [];
    }
    const key = dayOf(step.turn);
    const newDay = key !== day;
    day = key;
    return [rowOf(step, newDay)];
  });
  for (const entry of sent.values()) if (entry.phase === 'failed') rows.push({ id: entry.id, entry });
  return rows;
}
