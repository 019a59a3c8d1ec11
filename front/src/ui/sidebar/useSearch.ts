/** Searches while the user types; only the answer to the latest query counts. */
import { useEffect, useState } from 'react';
import type { SearchHit } from '../../protocol/http';
import { useChat } from '../context';

const PAUSE_MS = 180; // debounce
const HITS = 30;

export type Search =
  | { state: 'idle' }
  | { state: 'asking'; hits: readonly SearchHit[] }
  | { state: 'done'; hits: readonly SearchHit[] }
  | { state: 'failed'; problem: string };

export function useSearch(question: string): Search {
  const { api } = useChat();
  const [search, setSearch] = useState<Search>({ state: 'idle' });
  const q = question.trim();
  useEffect(() => {
    if (q.length < 2) {
      setSearch({ state: 'idle' });
      return;
    }
    let wanted = true;
    setSearch((was) => ({ state: 'asking', hits: 'hits' in was ? was.hits : [] }));
    const timer = setTimeout(() => {
      api.search(q, { limit: HITS }).then(
        (page) => wanted && setSearch({ state: 'done', hits: page.items }),
        (error: unknown) =>
          wanted && setSearch({ state: 'failed', problem: error instanceof Error ? error.message : '' }),
      );
    }, PAUSE_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [q, api]);
  return search;
}
