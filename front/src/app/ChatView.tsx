/** One conversation, or the start page of a new one. */
import { type RefObject, useCallback, useEffect, useMemo, useState } from 'react';
import { NEW, newId } from '../chat/ids';
import { branchOf } from '../chat/paths';
import { isMissing, openTurnOf } from '../chat/selectors';
import type { SendOptions } from '../protocol/wire';
import { Composer } from '../ui/composer/Composer';
import { useChat, useChatState } from '../ui/context';
import { firstOptions } from '../ui/settings';
import { Thread } from '../ui/thread/Thread';
import { createThreadUi, ThreadUiContext } from '../ui/thread/thread-ui';
import { Welcome } from '../ui/thread/Welcome';
import { navigate, type Route, showInAddress } from '../ui/view';

/** Shows the branch that the address names, and names the branch that is shown in the address. */
function useBranchAddress(route: Route): void {
  const { client } = useChat();
  const branch = useChatState((state) => (route.name === 'chat' ? branchOf(state, route.id) : undefined));
  useEffect(() => {
    if (route.name === 'chat' && route.at) client.showPath(route.id, route.at);
  }, [client, route]);
  useEffect(() => {
    if (route.name === 'chat') showInAddress({ name: 'chat', id: route.id, ...(branch ? { at: branch } : {}) });
  }, [route, branch]);
}

export function ChatView({ route, field }: { route: Route; field: RefObject<HTMLTextAreaElement | null> }) {
  const id = route.name === 'chat' ? route.id : null;
  const { client, store } = useChat();
  const openTurn = useChatState((state) => (id ? openTurnOf(state, id) : null));
  // A message sent to an unknown id would create that conversation.
  const missing = useChatState((state) => id !== null && isMissing(state, id));
  // A new id is made when it is needed, and another one once that conversation exists.
  const [fresh, setFresh] = useState(newId);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another conversation, and nothing is open in it yet
  const ui = useMemo(createThreadUi, [id]);
  useBranchAddress(route);

  useEffect(() => {
    client.open(id);
    if (id === null) setFresh(newId());
  }, [client, id]);

  const send = useCallback(
    (text: string, options: SendOptions) => {
      const target = id ?? fresh;
      client.send(target, text, options, id === null);
      ui.setState(({ jumps }) => ({ jumps: jumps + 1 }));
      if (id !== null) return;
      // The options chosen for a new conversation stay with it, and the next one starts as the settings say.
      client.chooseOptions(target, options);
      client.chooseOptions(NEW, firstOptions());
      navigate({ name: 'chat', id: target });
    },
    [client, id, fresh, ui],
  );

  const stop = useCallback(() => {
    if (id && openTurn) client.stopReply(id, openTurn);
  }, [client, id, openTurn]);

  return (
    <ThreadUiContext value={ui}>
      {id === null ? (
        <Welcome onPick={(text) => send(text, store.state.options[NEW] ?? {})} />
      ) : (
        <Thread key={id} id={id} />
      )}
      {!missing && <Composer draftKey={id ?? NEW} field={field} openTurn={openTurn} onSend={send} onStop={stop} />}
    </ThreadUiContext>
  );
}
