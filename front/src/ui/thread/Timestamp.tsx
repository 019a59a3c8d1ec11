/** A time: short to read, exact on hover. */
import { exactTime, shortTime } from '../format';
import { useNow } from '../useNow';

const STEP_MS = 30_000; // precise enough for "5 min ago"

export function Timestamp({ at }: { at: string | number }) {
  const now = useNow(STEP_MS);
  return (
    <time dateTime={new Date(at).toISOString()} title={exactTime(at)}>
      {shortTime(at, now)}
    </time>
  );
}
