/** Searches while the user types; only the answer to the latest query counts. */
import { useEffect, useState } from 'react';
import type { ConversationItem, SearchHit } from '../../protocol/http';
import { useChat } from '../context';

const PAUSE_MS = 180; // debounce
const MAX_HITS = 30;
const MAX_TITLES = 8;

interface Results {
  conversations: readonly ConversationItem[];
  hits: readonly SearchHit[];
}

export type Search =
  | { state: 'idle' }
  | ({ state: 'loading' } & Results)
  | ({ state: 'done' } & Results)
  | { state: 'failed'; problem: string };

const NOTHING: Results = { conversations: [], hits: [] };

export function useSearch(question: string): Search {
  const { api } = useChat();
  const [search, setSearch] = useState<Search>({ state: 'idle' });
  const q = question.trim();
  useEffect(() => {
    if (q.length < 2) {
      setSearch({ state: 'idle' });
      return;
    }
    let current = true;
    setSearch((previous) => ({ ...('hits' in previous ? previous : NOTHING), state: 'loading' }));
    const timer = setTimeout(() => {
      Promise.all([api.conversations({ q, limit: MAX_TITLES }), api.search(q, { limit: MAX_HITS })]).then(
        ([titles, page]) => current && setSearch({ state: 'done', conversations: titles.items, hits: page.items }),
        (error: unknown) =>
          current && setSearch({ state: 'failed', problem: error instanceof Error ? error.message : '' }),
      );
    }, PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [q, api]);
  return search;
}
