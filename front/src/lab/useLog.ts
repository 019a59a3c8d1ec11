/** Pages of the log: the newest, those before and after, and what comes next while it is followed. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { LogItem, LogLines } from '../protocol/http';
import { useChat } from '../ui/context';
import { type LogQuery, logPage } from './api';

export type LogFilter = Pick<LogQuery, 'view' | 'type' | 'conversation_id' | 'reply_id'>;

const LIMIT = 50;
const FOLLOWED = 200; // lines at once while it is followed: under load a quarter of the calls, each of which reads at the broker
const KEPT = 500; // lines on the page
const WAIT_S = 20;
const AGAIN_MS = 2_000; // after a failure

export interface LogPages {
  /** Oldest first. */
  items: readonly LogItem[];
  page: LogLines | null;
  problem: string | null;
  older(): void;
  newer(): void;
  jump(offset: number): void;
}

export function useLog(filter: LogFilter, following: boolean): LogPages {
  const { api } = useChat();
  const [items, setItems] = useState<readonly LogItem[]>([]);
  const [page, setPage] = useState<LogLines | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const round = useRef(0);
  const load = useCallback(
    async (query: LogQuery, place: 'fresh' | 'before' | 'after'): Promise<LogLines | null> => {
      round.current += 1;
      const mine = round.current;
      try {
        const next = await logPage(api, { ...filter, limit: LIMIT, ...query });
        if (mine !== round.current) return null; // another page was wanted meanwhile
        setProblem(null);
        // A page that was read anew says where it ends; one that was added keeps the other end.
        setPage((was) =>
          place === 'fresh' || !was
            ? next
            : {
                ...next,
                before: place === 'before' ? next.before : was.before,
                after: place === 'after' ? next.after : was.after,
              },
        );
        setItems((was) => {
          if (place === 'fresh') return next.items;
          return place === 'before' ? [...next.items, ...was].slice(0, KEPT) : [...was, ...next.items].slice(-KEPT);
        });
        return next;
      } catch (error) {
        if (mine === round.current) setProblem(error instanceof Error ? error.message : 'No answer.');
        return null;
      }
    },
    [api, filter],
  );

  useEffect(() => {
    let current = true;
    const run = async () => {
      let last = await load({}, 'fresh');
      while (current && following) {
        const next: LogLines | null =
          last && (await load({ after: last.after, wait_s: WAIT_S, limit: FOLLOWED }, 'after'));
        if (!next) {
          await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
          if (current) last = await load({}, 'fresh');
        } else last = next;
      }
    };
    void run();
    return () => {
      current = false;
      round.current += 1;
    };
  }, [load, following]);

  return {
    items,
    page,
    problem,
    older: () => void (page && page.before !== null && load({ before: page.before }, 'before')),
    newer: () => void (page && load({ after: page.after }, 'after')),
    jump: (offset) => void load({ after: offset - 1 }, 'fresh'),
  };
}
