/** A conversation, or the place where one begins. */
import { type RefObject, useCallback, useEffect, useState } from 'react';
import { newId } from '../chat/ids';
import { isMissing, openTurnOf } from '../chat/view-of';
import type { SendOptions } from '../protocol/wire';
import { Composer } from '../ui/composer/Composer';
import { useChat, useChatState } from '../ui/context';
import { Thread } from '../ui/thread/Thread';
import { Welcome } from '../ui/thread/Welcome';
import { go } from '../ui/view';

const NEW = 'new'; // the draft of a conversation that has no id yet

export function ChatView({ id, field }: { id: string | null; field: RefObject<HTMLTextAreaElement | null> }) {
  const { client } = useChat();
  const openTurn = useChatState((state) => (id ? openTurnOf(state, id) : null));
  // Saying something at an address that is nobody's would make a conversation of that name.
  const missing = useChatState((state) => id !== null && isMissing(state, id));
  // A new id is made when it is needed, and another one once that conversation exists.
  const [fresh, setFresh] = useState(newId);

  useEffect(() => {
    client.open(id);
    if (id === null) setFresh(newId());
  }, [client, id]);

  const send = useCallback(
    (text: string, options: SendOptions) => {
      const target = id ?? fresh;
      client.send(target, text, options, id === null);
      if (id === null) go({ name: 'chat', id: target });
    },
    [client, id, fresh],
  );

  const stop = useCallback(() => {
    if (id && openTurn) client.stopReply(id, openTurn);
  }, [client, id, openTurn]);

  return (
    <>
      {id === null ? <Welcome onPick={(text) => send(text, {})} /> : <Thread id={id} />}
      {!missing && <Composer draftKey={id ?? NEW} field={field} openTurn={openTurn} onSend={send} onStop={stop} />}
    </>
  );
}
