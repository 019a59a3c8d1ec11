/** What a thread shows, one below the other: turns, then what was said and is not confirmed. Pure. */
import type { OutboxEntry, Turn } from '../../chat/state';
import { dayKey } from '../format';

interface TurnRow {
  id: string;
  turn: Turn;
  newDay: boolean;
}

export type Row = TurnRow | { id: string; entry: OutboxEntry };

// Ten thousand turns are looked through with every part that comes: what is known of a turn is not worked out again.
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

export function rowsOf(turns: readonly Turn[], spoken: readonly OutboxEntry[]): Row[] {
  let day = '';
  const rows: Row[] = turns.map((turn) => {
    const key = dayOf(turn);
    const newDay = key !== day;
    day = key;
    return rowOf(turn, newDay);
  });
  const known = new Set(turns.slice(-20).map((turn) => turn.id));
  for (const entry of spoken) if (!known.has(entry.id)) rows.push({ id: entry.id, entry });
  return rows;
}
