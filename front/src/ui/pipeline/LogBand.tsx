/** The log as a band of ticks, one a record, with the place of each of its readers on it. */
import { count } from '../format';
import type { LogCursor, Picture } from './picture';

const SHOWN = 160; // records on the band

interface Place extends LogCursor {
  percent: number;
  /** It is behind what the band shows. */
  behind: boolean;
}

function placesOf({ log, cursors }: Picture): { from: number; places: readonly Place[] } {
  const last = log?.last ?? 0;
  const from = Math.max(log?.first ?? 0, last - SHOWN);
  const percentOf = (position: number) => (100 * (Math.max(position, from) - from)) / SHOWN;
  const places = cursors.map((one) => ({ ...one, percent: percentOf(one.position), behind: one.position < from }));
  return { from, places };
}

export function LogBand({ picture }: { picture: Picture }) {
  const { log, turns } = picture;
  const { from, places } = placesOf(picture);
  const last = log?.last ?? from;
  const marks = turns.filter((turn) => turn.mine && turn.offset !== null && turn.offset >= from);
  const text = places.map(({ name, position }) => `${name} at ${count(position)}`).join(', ');
  return (
    <div className="log-band" role="img" aria-label={`The log reaches to ${count(log?.last)}. ${text}`}>
      <div className="log-ticks" style={{ clipPath: `inset(0 ${100 - (100 * (last - from)) / SHOWN}% 0 0)` }} />
      {marks.map((turn) => (
        <i
          key={`${turn.offset} ${turn.message_id}`}
          className="log-mark"
          style={{ left: `${(100 * ((turn.offset ?? from) - from)) / SHOWN}%` }}
        />
      ))}
      {places.map(({ name, kind, percent, behind, position }) => (
        <span
          key={name}
          className={`log-cursor ${kind}${percent > 80 ? ' left' : ''}`}
          style={{ left: `${percent}%` }}
          title={`${name}: ${position}`}
        >
          {name}
          {behind && ` ${count(last - position)} behind`}
        </span>
      ))}
    </div>
  );
}
