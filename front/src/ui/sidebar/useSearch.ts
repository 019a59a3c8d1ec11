/** Searches while the user types; only the answer to the latest query counts. */
import { useEffect, useState } from 'react';
import type { ConversationItem, SearchHit } from '../../protocol/http';
import type { ChatApi } from '../../transport/api';
import { useChat } from '../context';

const PAUSE_MS = 180; // debounce
const MAX_HITS = 30;
const MAX_TITLES = 8;
const MAX_PAGES = 5; // read to find the hits of one side among those of both

/** What is searched: titles and texts, titles alone, or the texts of one side. */
export type Scope = 'all' | 'titles' | SearchHit['role'];

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

/** The server searches both sides, so the hits of one are picked from as many pages as it takes. */
async function hitsOf(api: ChatApi, q: string, scope: Scope): Promise<SearchHit[]> {
  const hits: SearchHit[] = [];
  let before: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { items, next } = await api.search(q, { limit: MAX_HITS, ...(before ? { before } : {}) });
    hits.push(...items.filter((hit) => scope === 'all' || hit.role === scope));
    if (scope === 'all' || !next || hits.length >= MAX_HITS) break;
    before = next;
  }
  return hits.slice(0, MAX_HITS);
}

async function find(api: ChatApi, q: string, scope: Scope): Promise<Results> {
  const titles = scope === 'all' || scope === 'titles';
  const [page, hits] = await Promise.all([
    titles ? api.conversations({ q, limit: scope === 'titles' ? MAX_HITS : MAX_TITLES }) : null,
    scope === 'titles' ? [] : hitsOf(api, q, scope),
  ]);
  return { conversations: page?.items ?? [], hits };
}

export function useSearch(question: string, scope: Scope = 'all'): Search {
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
      find(api, q, scope).then(
        (results) => current && setSearch({ state: 'done', ...results }),
        (error: unknown) =>
          current && setSearch({ state: 'failed', problem: error instanceof Error ? error.message : '' }),
      );
    }, PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [q, scope, api]);
  return search;
}
