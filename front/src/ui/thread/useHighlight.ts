/** Shows a search hit: scrolls to its turn, and loads older pages until it is there. */
import { type RefObject, useEffect } from 'react';
import type { VirtualizerHandle } from 'virtua';
import { useChat, useChatState } from '../context';
import { clearHighlight, useView } from '../view';
import type { Row } from './rows';

const HIGHLIGHT_MS = 2_500; // how long a search hit stays marked

/** `release` stops following the end of the conversation. */
export function useHighlight(
  id: string,
  rows: readonly Row[],
  list: RefObject<VirtualizerHandle | null>,
  release: () => void,
): void {
  const { client } = useChat();
  const live = useChatState((state) => state.live);
  const message = useView((state) => (state.highlighted?.conversation === id ? state.highlighted.message : null));
  useEffect(() => {
    if (!message) return;
    const index = rows.findIndex((row) => row.id === message);
    if (index >= 0) {
      release();
      list.current?.scrollToIndex(index, { align: 'center' });
      const timer = setTimeout(clearHighlight, HIGHLIGHT_MS);
      return () => clearTimeout(timer);
    }
    if (live) void client.loadUntil(id, message);
    return undefined;
  }, [message, rows, live, client, id, list, release]);
}
