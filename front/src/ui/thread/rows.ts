/** The rows of a thread: its turns, then unconfirmed messages. Pure. */
import type { OutboxEntry, Turn } from '../../chat/state';
import { dayKey } from '../format';

interface TurnRow {
  id: string;
  turn: Turn;
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

function rowOf(turn: Turn, newDay: boolean): Row {
  const known = drawn.get(turn);
  if (known && known.newDay === newDay) return known;
  const row = { id: turn.id, turn, newDay };
  drawn.set(turn, row);
  return row;
}

export function rowsOf(turns: readonly Turn[], unconfirmed: readonly OutboxEntry[]): Row[] {
  let day = '';
  const rows: Row[] = turns.map((turn) => {
    const key = dayOf(turn);
    const newDay = key !== day;
    day = key;
    return rowOf(turn, newDay);
  });
  const known = new Set(turns.slice(-20).map((turn) => turn.id));
  for (const entry of unconfirmed) if (!known.has(entry.id)) rows.push({ id: entry.id, entry });
  return rows;
}
