/** Begins to edit the last message of the shown path, in its place in the thread. */
import { useContext } from 'react';
import { shownPath } from '../../chat/paths';
import { useChat } from '../context';
import { ThreadUiContext } from '../thread/thread-ui';

export function useEditLast(conversation: string): () => void {
  const { store } = useChat();
  const ui = useContext(ThreadUiContext);
  return () => {
    const turn = shownPath(store.state, conversation).at(-1)?.turn;
    // One that is still on its way is edited where it waits.
    if (!turn || turn.at === '') return;
    ui.setState(({ jumps }) => ({ editing: { id: turn.id, text: turn.text }, jumps: jumps + 1 }));
  };
}
