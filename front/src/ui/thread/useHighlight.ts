/** Shows a search hit: its branch, its turn, and older pages until it is there. */
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
  const found = useView((state) => (state.highlighted?.conversation === id ? state.highlighted : null));
  useEffect(() => {
    if (!found) return;
    client.showPath(id, found.hit);
    const index = rows.findIndex((row) => row.id === found.message);
    if (index >= 0) {
      release();
      list.current?.scrollToIndex(index, { align: 'center' });
      const timer = setTimeout(clearHighlight, HIGHLIGHT_MS);
      return () => clearTimeout(timer);
    }
    if (live) void client.loadUntil(id, found.hit);
    return undefined;
  }, [found, rows, live, client, id, list, release]);
}
