/** The playhead: drag it, step it, or play it. Above it, where the trace comes from and how to keep it. */
import { useEffect, useRef } from 'react';
import { duration } from '../ui/format';
import { Icon } from '../ui/Icon';
import { frameName } from './frame-name';
import type { Trace } from './trace';
import { SPEEDS, type TimeTravel } from './useTimeTravel';

interface Props {
  time: TimeTravel;
  trace: Trace;
  onSave(): void;
  onLive(): void;
}

export function TimeBar({ time, trace, onSave, onLive }: Props) {
  const playhead = useRef<HTMLInputElement>(null);
  useEffect(() => playhead.current?.focus(), []);
  const { count, times, playing, speed } = time;
  const total = trace.entries.length;
  const entry = trace.entries[count - 1];
  const at = `${duration(times[count - 1] ?? 0)} of ${duration(times.at(-1) ?? 0)}`;
  return (
    <section className="time-bar" aria-label="Time travel">
      <p>
        <strong>{trace.name}</strong> <span>{`entry ${count} of ${total} · ${at}`}</span>
        <span className="time-bar-note">Pauses longer than two seconds are cut.</span>
      </p>
      <input
        ref={playhead}
        type="range"
        min={0}
        max={total}
        value={count}
        aria-label="Moment"
        aria-valuetext={entry ? `entry ${count} of ${total}, ${frameName(entry)}, ${at}` : 'before the first entry'}
        onChange={(event) => time.seek(Number(event.target.value))}
      />
      <div className="time-bar-keys">
        <button type="button" className="icon-button" aria-label="One entry back" onClick={() => time.seek(count - 1)}>
          <Icon name="left" />
        </button>
        <button type="button" className="button primary" onClick={() => time.play(!playing)}>
          {playing ? 'Pause' : 'Play'}
        </button>
        <button type="button" className="icon-button" aria-label="One entry on" onClick={() => time.seek(count + 1)}>
          <Icon name="right" />
        </button>
        <label>
          Speed
          <select
            aria-label="Playback speed"
            value={speed}
            onChange={(event) => time.setSpeed(Number(event.target.value))}
          >
            {SPEEDS.map((one) => (
              <option key={one} value={one}>
                {one}×
              </option>
            ))}
          </select>
        </label>
        <button type="button" className="button" onClick={onSave}>
          <Icon name="save" /> Save the trace
        </button>
        <button type="button" className="button" onClick={onLive}>
          Back to now
        </button>
      </div>
    </section>
  );
}
