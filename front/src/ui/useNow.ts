/** The current time, updated by one shared timer per interval for all components. */
import { useSyncExternalStore } from 'react';

interface Ticker {
  subscribe(listener: () => void): () => void;
  now(): number;
}

const tickers = new Map<number, Ticker>();

/** One ticker per interval: React needs the same `subscribe` at every render. */
function tickerOf(stepMs: number): Ticker {
  const known = tickers.get(stepMs);
  if (known) return known;
  const listeners = new Set<() => void>();
  let now = Date.now();
  let timer: ReturnType<typeof setInterval>;
  const tick = () => {
    now = Date.now();
    for (const listener of listeners) listener();
  };
  const ticker: Ticker = {
    now: () => {
      if (listeners.size === 0 && Date.now() - now > stepMs) now = Date.now(); // nobody has moved it on
      return now;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      if (listeners.size === 1) {
        timer = setInterval(tick, stepMs);
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) clearInterval(timer);
      };
    },
  };
  tickers.set(stepMs, ticker);
  return ticker;
}

export function useNow(stepMs: number): number {
  const { subscribe, now } = tickerOf(stepMs);
  return useSyncExternalStore(subscribe, now);
}
