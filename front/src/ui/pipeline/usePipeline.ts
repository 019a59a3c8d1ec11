/** Polls the state of the pipeline once a second while the view is open, unless it is for operators alone. */
import { useCallback, useEffect, useState } from 'react';
import { ApiError } from '../../transport/api';
import { useChat, useChatState } from '../context';
import type { Snapshot } from './snapshot';

const POLL_MS = 1_000;

interface PipelineQuery {
  snapshot: Snapshot;
  /** Why the latest request failed. */
  problem: string | null;
  /** The server shows its numbers to operators alone. */
  closed: boolean;
}

const FIRST: PipelineQuery = { snapshot: null, problem: null, closed: false };

export function usePipeline(): PipelineQuery & { retry(): void } {
  const { api } = useChat();
  // Without a session the request would be refused.
  const known = useChatState((state) => state.owner !== null);
  const away = useChatState((state) => state.owner === null && state.connection.phase === 'waiting');
  const [query, setQuery] = useState<PipelineQuery>(FIRST);
  useEffect(() => {
    if (!known || query.closed) return;
    let current = true;
    let timer: ReturnType<typeof setTimeout>;
    const poll = async () => {
      try {
        const snapshot = await api.pipeline();
        if (current) setQuery({ ...FIRST, snapshot });
      } catch (error) {
        const problem = error instanceof Error ? error.message : '';
        const closed = error instanceof ApiError && error.status === 401;
        if (current) setQuery((previous) => ({ snapshot: closed ? null : previous.snapshot, problem, closed }));
      }
      if (current) timer = setTimeout(() => void poll(), POLL_MS);
    };
    void poll();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [api, known, query.closed]);
  const retry = useCallback(() => setQuery(FIRST), []);
  return { ...(away ? { ...FIRST, problem: 'It can’t be reached.' } : query), retry };
}
