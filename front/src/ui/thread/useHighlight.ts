/** Shows a search hit: its branch, its turn, older pages until it is there, the words that were found. */
import { type RefObject, useContext, useEffect } from 'react';
import type { VirtualizerHandle } from 'virtua';
import { useChat, useChatState } from '../context';
import { clearHighlight, useView } from '../view';
import type { Row } from './rows';
import { ThreadUiContext } from './thread-ui';
import { useFoundWords } from './useFoundWords';

const HIGHLIGHT_MS = 2_500; // how long a search hit stays marked

/** `release` stops following the end of the conversation. */
export function useHighlight(
  id: string,
  rows: readonly Row[],
  scroller: RefObject<HTMLElement | null>,
  list: RefObject<VirtualizerHandle | null>,
  release: () => void,
): void {
  const { client } = useChat();
  const ui = useContext(ThreadUiContext);
  const live = useChatState((state) => state.live);
  const found = useView((state) => (state.highlighted?.conversation === id ? state.highlighted : null));
  const index = found ? rows.findIndex((row) => row.id === found.message) : -1;
  const isThere = index >= 0;
  useFoundWords(scroller, isThere ? found : null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolled to once, however the rows change while it is marked
  useEffect(() => {
    if (!found) return;
    client.showPath(id, found.hit);
    if (isThere) {
      release();
      if (found.hit === found.message) ui.setState(({ open }) => ({ open: new Set([...open, found.hit]) })); // unfolded
      list.current?.scrollToIndex(index, { align: 'center' });
      const timer = setTimeout(clearHighlight, HIGHLIGHT_MS);
      return () => clearTimeout(timer);
    }
    if (live) void client.loadUntil(id, found.hit);
    return undefined;
  }, [found, isThere, live, client, id, list, release, ui]);
}
