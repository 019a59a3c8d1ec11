/** The messages of one conversation, or a placeholder while there are none. */
import { useEffect, useMemo } from 'react';
import { messagesOf, turnsWith } from '../../chat/paths';
import { turnsOf } from '../../chat/selectors';
import { isOn, pathOf } from '../../chat/tree';
import { useChat, useChatState } from '../context';
import { MessageList } from './MessageList';
import { rowsOf } from './rows';
import { ThreadPlaceholder } from './ThreadPlaceholder';

/** Rendered with the conversation's id as its key. */
export function Thread({ id }: { id: string }) {
  const { client } = useChat();
  const turns = useChatState((state) => turnsOf(state, id));
  const outbox = useChatState((state) => state.outbox);
  const tip = useChatState((state) => state.paths[id]);
  const loaded = useChatState((state) => state.threads[id]?.loaded === 'yes');
  const entries = useMemo(() => messagesOf(outbox, id), [outbox, id]);
  const all = useMemo(() => turnsWith(turns, entries), [turns, entries]);
  const path = useMemo(() => pathOf(all, tip), [all, tip]);
  const rows = useMemo(() => rowsOf(path, entries), [path, entries]);

  // A branch that was chosen before, or that a link leads to, may begin on a page that is not loaded yet.
  const missing = loaded && tip !== undefined && !isOn(path, tip);
  useEffect(() => {
    if (missing && tip !== undefined) void client.loadUntil(id, tip);
  }, [client, id, missing, tip]);

  return rows.length === 0 ? <ThreadPlaceholder id={id} /> : <MessageList id={id} rows={rows} />;
}
