/** The latest snapshots, a minute of them, for the curves. */
import { useRef } from 'react';
import type { Snapshot } from '../ui/pipeline/snapshot';

const KEPT = 60; // snapshots, one a second

export function useHistory(snapshot: Snapshot): readonly Snapshot[] {
  const history = useRef<Snapshot[]>([]);
  if (snapshot && history.current.at(-1) !== snapshot) history.current = [...history.current, snapshot].slice(-KEPT);
  return history.current;
}
