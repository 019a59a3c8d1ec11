/** An answer that is requested again and again, while it is wanted. */
import { useEffect, useRef, useState } from 'react';

interface Polled<T> {
  value: T | null;
  problem: string | null;
}

const NOTHING = { value: null, problem: null };

/** `request` is called `everyMs` after each answer; with null nothing runs. The last answer stays while requests fail. */
export function usePolled<T>(request: (() => Promise<T>) | null, everyMs: number): Polled<T> & { now(): void } {
  const [polled, setPolled] = useState<Polled<T>>(NOTHING);
  const latest = useRef(request);
  latest.current = request;
  const wanted = request !== null;
  const [round, setRound] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another round requests at once
  useEffect(() => {
    if (!wanted) {
      setPolled(NOTHING);
      return;
    }
    let current = true;
    let timer: ReturnType<typeof setTimeout>;
    const poll = async () => {
      try {
        const value = await latest.current?.();
        if (current && value !== undefined) setPolled({ value, problem: null });
      } catch (error) {
        const problem = error instanceof Error ? error.message : 'No answer.';
        if (current) setPolled((was) => ({ ...was, problem }));
      }
      if (current) timer = setTimeout(() => void poll(), everyMs);
    };
    void poll();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [wanted, everyMs, round]);
  return { ...polled, now: () => setRound((was) => was + 1) };
}
