/** The time, renewed by one shared clock per step however many components ask. */
import { useSyncExternalStore } from 'react';

interface Ticker {
  now: number;
  listeners: Set<() => void>;
  timer?: ReturnType<typeof setInterval>;
}

const tickers = new Map<number, Ticker>();

function tickerOf(stepMs: number): Ticker {
  const known = tickers.get(stepMs);
  if (known) return known;
  const ticker: Ticker = { now: Date.now(), listeners: new Set() };
  tickers.set(stepMs, ticker);
  return ticker;
}

export function useNow(stepMs: number): number {
  const ticker = tickerOf(stepMs);
  return useSyncExternalStore(
    (listener) => {
      if (ticker.listeners.size === 0) {
        ticker.now = Date.now();
        ticker.timer = setInterval(() => {
          ticker.now = Date.now();
          for (const one of ticker.listeners) one();
        }, stepMs);
      }
      ticker.listeners.add(listener);
      return () => {
        ticker.listeners.delete(listener);
        if (ticker.listeners.size === 0) clearInterval(ticker.timer);
      };
    },
    () => ticker.now,
  );
}
