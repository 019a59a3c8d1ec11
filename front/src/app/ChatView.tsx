/** One conversation, or the start page of a new one. */
import { type RefObject, useCallback, useEffect, useState } from 'react';
import { newId } from '../chat/ids';
import { isMissing, openTurnOf } from '../chat/selectors';
import type { SendOptions } from '../protocol/wire';
import { Composer } from '../ui/composer/Composer';
import { useChat, useChatState } from '../ui/context';
import { Thread } from '../ui/thread/Thread';
import { Welcome } from '../ui/thread/Welcome';
import { navigate } from '../ui/view';

const NEW = 'new'; // the key of what is saved for a conversation that has no id yet

export function ChatView({ id, field }: { id: string | null; field: RefObject<HTMLTextAreaElement | null> }) {
  const { client, store } = useChat();
  const openTurn = useChatState((state) => (id ? openTurnOf(state, id) : null));
  // A message sent to an unknown id would create that conversation.
  const missing = useChatState((state) => id !== null && isMissing(state, id));
  // A new id is made when it is needed, and another one once that conversation exists.
  const [fresh, setFresh] = useState(newId);
  const [sends, setSends] = useState(0);

  useEffect(() => {
    client.open(id);
    if (id === null) setFresh(newId());
  }, [client, id]);

  const send = useCallback(
    (text: string, options: SendOptions) => {
      const target = id ?? fresh;
      client.send(target, text, options, id === null);
      setSends((count) => count + 1);
      if (id !== null) return;
      // The options chosen for a new conversation stay with it, and the next one starts without any.
      client.chooseOptions(target, options);
      client.chooseOptions(NEW, {});
      navigate({ name: 'chat', id: target });
    },
    [client, id, fresh],
  );

  const stop = useCallback(() => {
    if (id && openTurn) client.stopReply(id, openTurn);
  }, [client, id, openTurn]);

  return (
    <>
      {id === null ? (
        <Welcome onPick={(text) => send(text, store.state.options[NEW] ?? {})} />
      ) : (
        <Thread key={id} id={id} sends={sends} />
      )}
      {!missing && <Composer draftKey={id ?? NEW} field={field} openTurn={openTurn} onSend={send} onStop={stop} />}
    </>
  );
}
