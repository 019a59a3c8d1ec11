/** Polls the state of the pipeline once a second while the view is open. */
import { useEffect, useState } from 'react';
import { useChat, useChatState } from '../context';
import type { Snapshot } from './snapshot';

const POLL_MS = 1_000;

interface PipelineQuery {
  snapshot: Snapshot;
  /** Why the latest request failed. */
  problem: string | null;
}

export function usePipeline(): PipelineQuery {
  const { api } = useChat();
  // Without a session the request would be refused.
  const known = useChatState((state) => state.owner !== null);
  const away = useChatState((state) => state.owner === null && state.connection.phase === 'waiting');
  const [query, setQuery] = useState<PipelineQuery>({ snapshot: null, problem: null });
  useEffect(() => {
    if (!known) return;
    let current = true;
    let timer: ReturnType<typeof setTimeout>;
    const poll = async () => {
      try {
        const snapshot = await api.pipeline();
        if (current) setQuery({ snapshot, problem: null });
      } catch (error) {
        const problem = error instanceof Error ? error.message : '';
        if (current) setQuery((previous) => ({ ...previous, problem }));
      }
      if (current) timer = setTimeout(() => void poll(), POLL_MS);
    };
    void poll();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [api, known]);
  return away ? { snapshot: null, problem: 'It can’t be reached.' } : query;
}
