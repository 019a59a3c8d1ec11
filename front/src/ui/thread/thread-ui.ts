/** Choices made while a conversation is open: versions shown, X-rays open, long messages unfolded. Dropped when it closes. */
import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import { createStore, type StoreApi } from 'zustand/vanilla';

interface ThreadUi {
  /** The chosen version of a turn's reply; without a choice it is the latest. */
  versions: Readonly<Record<string, number>>;
  /** Ids of replies whose X-ray is open, and of long messages that are unfolded. */
  open: ReadonlySet<string>;
}

export type ThreadUiStore = StoreApi<ThreadUi>;

export function createThreadUi(): ThreadUiStore {
  return createStore<ThreadUi>(() => ({ versions: {}, open: new Set() }));
}

export const ThreadUiContext = createContext<ThreadUiStore>(createThreadUi());

export function useVersion(turn: string): number | undefined {
  return useStore(useContext(ThreadUiContext), (state) => state.versions[turn]);
}

/** Shows one version of a turn's reply; `null` shows the latest. */
export function useChooseVersion(turn: string): (version: number | null) => void {
  const store = useContext(ThreadUiContext);
  return (version) =>
    store.setState(({ versions }) => {
      const { [turn]: _previous, ...rest } = versions;
      return { versions: version === null ? rest : { ...rest, [turn]: version } };
    });
}

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
