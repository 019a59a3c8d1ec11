/** What is open while a conversation is: X-rays, long messages, the message being edited. Dropped when it closes. */
import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import { createStore, type StoreApi } from 'zustand/vanilla';

interface ThreadUi {
  /** Ids of replies whose X-ray is open, and of long messages that are unfolded. */
  open: ReadonlySet<string>;
  /** The message that is being edited, with the text so far. */
  editing: { id: string; text: string } | null;
  /** Counts what leads to the end of the conversation: messages that were sent, the last one being edited. */
  jumps: number;
}

export type ThreadUiStore = StoreApi<ThreadUi>;

export function createThreadUi(): ThreadUiStore {
  return createStore<ThreadUi>(() => ({ open: new Set(), editing: null, jumps: 0 }));
}

export const ThreadUiContext = createContext<ThreadUiStore>(createThreadUi());

/** Whether something of this id is open, and a function that opens or closes it. */
export function useOpen(id: string): [boolean, () => void] {
  const store = useContext(ThreadUiContext);
  const open = useStore(store, (state) => state.open.has(id));
  const toggle = () =>
    store.setState((state) => {
      const next = new Set(state.open);
      if (!next.delete(id)) next.add(id);
      return { open: next };
    });
  return [open, toggle];
}

/** The text so far of this message if it is being edited, and functions to write it and to end the edit. */
export function useEditing(id: string) {
  const store = useContext(ThreadUiContext);
  const text = useStore(store, ({ editing }) => (editing?.id === id ? editing.text : null));
  return {
    text,
    write: (next: string) => store.setState({ editing: { id, text: next } }),
    cancel: () => store.setState({ editing: null }),
    sent: () => store.setState(({ jumps }) => ({ editing: null, jumps: jumps + 1 })),
  };
}

export function useJumps(): number {
  return useStore(useContext(ThreadUiContext), (state) => state.jumps);
}
