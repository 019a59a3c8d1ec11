/** Asks the backend how the pipeline stands, once a second while somebody looks. */
import { useEffect, useState } from 'react';
import type { Pipeline } from '../../protocol/http';
import { useChat, useChatState } from '../context';

const STEP_MS = 1_000;

export interface Sight {
  facts: Pipeline | null;
  problem: string | null;
}

export function usePipeline(): Sight {
  const { api } = useChat();
  // Before there is a session there is nobody to answer.
  const known = useChatState((state) => state.owner !== null);
  const [sight, setSight] = useState<Sight>({ facts: null, problem: null });
  useEffect(() => {
    if (!known) return;
    let wanted = true;
    let timer: ReturnType<typeof setTimeout>;
    const ask = async () => {
      try {
        const facts = await api.pipeline();
        if (wanted) setSight({ facts, problem: null });
      } catch (error) {
        if (wanted) setSight((was) => ({ ...was, problem: error instanceof Error ? error.message : 'No answer.' }));
      }
      if (wanted) timer = setTimeout(() => void ask(), STEP_MS);
    };
    void ask();
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [api, known]);
  return sight;
}
