/** The log as a band of ticks, one a record, the newest at its end, with the place of each of its readers in a lane of its own. */
import type { CSSProperties } from 'react';
import { count } from '../format';
import type { LogCursor, Picture } from './picture';

const SHOWN = 80; // records on the band; pipeline.css draws as many ticks
const LANES = 6; // readers drawn; of more the number is told
const LEFT_FROM = 45; // percent: from there on a name has room on the left of its cursor

interface Lane extends LogCursor {
  percent: number;
  /** By so many records behind what the band shows; 0: it is on it. */
  behind: number;
}

interface Band {
  /** The first record drawn. */
  from: number;
  percentOf(position: number): number;
  lanes: readonly Lane[];
}

/** The readers as they stand on the band: nodes first, whoever is farthest behind last. */
export function bandOf({ log, cursors }: Picture): Band {
  const last = log?.last ?? 0;
  const from = Math.max(log?.first ?? 0, last - SHOWN);
  const percentOf = (position: number) => 100 - (100 * (last - Math.min(Math.max(position, from), last))) / SHOWN;
  const lanes = cursors.map((one) => ({
    ...one,
    percent: percentOf(one.position),
    behind: one.position < from ? last - one.position : 0,
  }));
  return { from, percentOf, lanes };
}

export function LogBand({ picture }: { picture: Picture }) {
  const { log, turns } = picture;
  const { from, percentOf, lanes } = bandOf(picture);
  const marks = turns.filter((turn) => turn.mine && turn.offset !== null && turn.offset >= from);
  const drawn = lanes.slice(0, LANES);
  const more = lanes.length - drawn.length;
  const text = lanes.map(({ name, position }) => `${name} at ${count(position)}`).join(', ');
  return (
    <div
      className="log-band"
      style={{ '--lanes': drawn.length + (more > 0 ? 1 : 0) } as CSSProperties}
      role="img"
      aria-label={`The log reaches to ${count(log?.last)}. ${text}`}
    >
      <div className="log-ticks" style={{ clipPath: `inset(0 0 0 ${percentOf(from)}%)` }} />
      {marks.map((turn) => (
        <i
          key={`${turn.offset} ${turn.message_id}`}
          className="log-mark"
          style={{ left: `${percentOf(turn.offset ?? from)}%` }}
        />
      ))}
      {drawn.map(({ name, kind, percent, behind, position }, lane) => (
        <span
          key={name}
          className={`log-cursor ${kind}${percent > LEFT_FROM ? ' left' : ''}`}
          style={{ left: `${percent}%`, '--lane': lane } as CSSProperties}
        >
          {behind > 0 && '← '}
          {name} at {count(position)}
          {behind > 0 && `, ${count(behind)} behind`}
        </span>
      ))}
      {more > 0 && <small className="log-more">and {more} more readers</small>}
    </div>
  );
}
