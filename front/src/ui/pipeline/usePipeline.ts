/** Polls the state of the pipeline once a second while the view is open. */
import { useEffect, useState } from 'react';
import type { Pipeline } from '../../protocol/http';
import { useChat, useChatState } from '../context';

const STEP_MS = 1_000;

export interface PipelineQuery {
  snapshot: Pipeline | null;
  problem: string | null;
}

export function usePipeline(): PipelineQuery {
  const { api } = useChat();
  // Without a session the request would be refused.
  const known = useChatState((state) => state.owner !== null);
  const [query, setQuery] = useState<PipelineQuery>({ snapshot: null, problem: null });
  useEffect(() => {
    if (!known) return;
    let wanted = true;
    let timer: ReturnType<typeof setTimeout>;
    const ask = async () => {
      try {
        const snapshot = await api.pipeline();
        if (wanted) setQuery({ snapshot, problem: null });
      } catch (error) {
        if (wanted) setQuery((was) => ({ ...was, problem: error instanceof Error ? error.message : 'No answer.' }));
      }
      if (wanted) timer = setTimeout(() => void ask(), STEP_MS);
    };
    void ask();
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [api, known]);
  return query;
}
