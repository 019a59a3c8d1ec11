/** What a thread shows, one below the other: turns, then what was said and is not confirmed. Pure. */
import type { OutboxEntry, Turn } from '../../chat/state';
import { dayKey } from '../format';

export type Row = { id: string; turn: Turn; newDay: boolean } | { id: string; entry: OutboxEntry };

export function rowsOf(turns: readonly Turn[], spoken: readonly OutboxEntry[]): Row[] {
  let day = '';
  const rows: Row[] = turns.map((turn) => {
    const key = dayKey(turn.at);
    const newDay = key !== day;
    day = key;
    return { id: turn.id, turn, newDay };
  });
  const known = new Set(turns.slice(-20).map((turn) => turn.id));
  for (const entry of spoken) if (!known.has(entry.id)) rows.push({ id: entry.id, entry });
  return rows;
}
