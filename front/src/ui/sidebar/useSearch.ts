/** Searches while the user types; only the answer to the latest query counts. */
import { useEffect, useState } from 'react';
import type { ConversationItem, SearchHit } from '../../protocol/http';
import type { ChatApi } from '../../transport/api';
import { useChat } from '../context';

const PAUSE_MS = 180; // debounce
const MAX_HITS = 30;
const MAX_TITLES = 8;
const DAY_MS = 86_400_000;

/** What is searched: titles and texts, titles alone, or the texts of one side; of titles always all. */
export interface Filter {
  scope: 'all' | 'titles' | SearchHit['role'];
  /** Only what was said within so many days. */
  days: number | null;
}

export const EVERYTHING: Filter = { scope: 'all', days: null };

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

async function find(api: ChatApi, q: string, { scope, days }: Filter): Promise<Results> {
  const titles = scope === 'titles' || (scope === 'all' && days === null);
  const [page, found] = await Promise.all([
    titles ? api.conversations({ q, limit: scope === 'titles' ? MAX_HITS : MAX_TITLES }) : null,
    scope === 'titles'
      ? null
      : api.search(q, {
          limit: MAX_HITS,
          ...(scope === 'all' ? {} : { role: scope }),
          ...(days === null ? {} : { since: new Date(Date.now() - days * DAY_MS).toISOString() }),
        }),
  ]);
  return { conversations: page?.items ?? [], hits: found?.items ?? [] };
}

export function useSearch(question: string, { scope, days } = EVERYTHING): Search {
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
      find(api, q, { scope, days }).then(
        (results) => current && setSearch({ state: 'done', ...results }),
        (error: unknown) =>
          current && setSearch({ state: 'failed', problem: error instanceof Error ? error.message : '' }),
      );
    }, PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [q, scope, days, api]);
  return search;
}
