/** Code that is loaded on demand: retried while the network is bad, and again when the user asks. */
import { useEffect, useSyncExternalStore } from 'react';

const RETRY_MS = [300, 1_000, 3_000]; // delays before the second, third and fourth attempt

interface ChunkState<T> {
  value: T | null;
  failed: boolean;
}

export interface Chunk<T> {
  state(): ChunkState<T>;
  subscribe(listener: () => void): () => void;
  /** Starts loading unless it is loaded or loading. */
  load(): void;
}

export function chunk<T>(importer: () => Promise<T>, delaysMs: readonly number[] = RETRY_MS): Chunk<T> {
  let state: ChunkState<T> = { value: null, failed: false };
  let loading = false;
  const listeners = new Set<() => void>();
  const change = (next: ChunkState<T>) => {
    state = next;
    for (const listener of listeners) listener();
  };
  const attempt = (count: number): void => {
    importer().then(
      (value) => change({ value, failed: false }),
      () => {
        const delay = delaysMs[count];
        if (delay !== undefined) {
          setTimeout(() => attempt(count + 1), delay);
          return;
        }
        loading = false;
        change({ value: null, failed: true });
      },
    );
  };
  return {
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    load: () => {
      if (loading) return;
      loading = true;
      if (state.failed) change({ value: null, failed: false });
      attempt(0);
    },
  };
}

/** Resolves when the chunk is loaded, or when that has failed. */
export function loaded<T>(source: Chunk<T>): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      const { value, failed } = source.state();
      if (!value && !failed) return;
      forget();
      resolve();
    };
    const forget = source.subscribe(look);
    source.load();
    look();
  });
}

/** The chunk's content, loaded on first use unless `wanted` is false. */
export function useChunk<T>(source: Chunk<T>, wanted = true): ChunkState<T> {
  const state = useSyncExternalStore(source.subscribe, source.state);
  useEffect(() => {
    if (wanted && !source.state().failed) source.load();
  }, [source, wanted]);
  return state;
}
