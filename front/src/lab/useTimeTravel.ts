/** The playhead: which trace is shown, up to which entry, and whether it is being played. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Listen, TraceEntry } from '../chat/recording';
import type { ChatState } from '../chat/state';
import type { Picture } from '../ui/pipeline/picture';
import type { Snapshot } from '../ui/pipeline/snapshot';
import { openTurnsOf, snapshotOf } from './moment';
import { eventCounts, pictureAt } from './picture';
import { countAt, Playback, timesOf } from './playback';
import type { Trace } from './trace';

export const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 5, 10];

interface Head {
  trace: Trace | null;
  count: number;
  playing: boolean;
  speed: number;
}

const LIVE: Head = { trace: null, count: 0, playing: false, speed: 1 };

export interface TimeTravel extends Head {
  /** The chat at that moment; null while the view is live. */
  state: ChatState | null;
  /** What the picture shows of it. */
  picture: Picture | null;
  snapshot: Snapshot;
  /** When each entry is played, in milliseconds. */
  times: readonly number[];
  open(trace: Trace, count?: number): void;
  live(): void;
  seek(count: number): void;
  play(on: boolean): void;
  setSpeed(speed: number): void;
  /** The entries as they are played or stepped over. */
  listen: Listen;
}

export function useTimeTravel(): TimeTravel {
  const [head, setHead] = useState(LIVE);
  const { trace, count, playing, speed } = head;
  const playback = useMemo(() => (trace ? new Playback(trace.entries) : null), [trace]);
  const events = useMemo(() => eventCounts(trace?.entries ?? []), [trace]);
  const times = useMemo(() => timesOf(trace?.entries ?? []), [trace]);
  const listeners = useRef(new Set<(entry: TraceEntry) => void>());
  const listen = useCallback<Listen>((listener) => {
    listeners.current.add(listener);
    return () => listeners.current.delete(listener);
  }, []);
  const open = useCallback(
    (next: Trace, at = 0) => setHead((was) => ({ ...was, trace: next, count: at, playing: false })),
    [],
  );
  const seek = useCallback(
    (to: number) =>
      setHead((was) => ({ ...was, count: Math.max(0, Math.min(to, was.trace?.entries.length ?? 0)), playing: false })),
    [],
  );
  const play = useCallback(
    (on: boolean) =>
      // At the end it begins again.
      setHead((was) => ({
        ...was,
        playing: on,
        count: on && was.count >= (was.trace?.entries.length ?? 0) ? 0 : was.count,
      })),
    [],
  );

  // What was passed on the way forward moves as dots; a jump moves nothing.
  const shown = useRef({ trace, count });
  useEffect(() => {
    const before = shown.current;
    shown.current = { trace, count };
    if (!trace || before.trace !== trace || count <= before.count || count - before.count > MAX_SHOWN_AT_ONCE) return;
    for (const entry of trace.entries.slice(before.count, count)) for (const one of listeners.current) one(entry);
  }, [trace, count]);

  useEffect(() => {
    if (!playing) return;
    let [last, ms] = [performance.now(), times[shown.current.count - 1] ?? 0];
    let frame = requestAnimationFrame(function next(now) {
      ms += (now - last) * speed;
      last = now;
      const reached = countAt(times, ms);
      setHead((was) => (reached === was.count ? was : { ...was, count: reached, playing: reached < times.length }));
      if (reached < times.length) frame = requestAnimationFrame(next);
    });
    return () => cancelAnimationFrame(frame);
  }, [playing, speed, times]);

  const state = playback ? playback.at(count) : null;
  const turns = state ? openTurnsOf(state) : [];
  const position = events[count] ?? 0;
  return {
    ...head,
    state,
    picture: state && pictureAt(turns, position, events.at(-1) ?? 0),
    snapshot: state && snapshotOf(state, turns, position),
    times,
    open,
    seek,
    play,
    listen,
    live: useCallback(() => setHead((was) => ({ ...LIVE, speed: was.speed })), []),
    setSpeed: useCallback((next: number) => setHead((was) => ({ ...was, speed: next })), []),
  };
}

const MAX_SHOWN_AT_ONCE = 200; // entries in one frame: more is a jump
