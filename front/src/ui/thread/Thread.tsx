/** The messages of one conversation, or a placeholder while there are none. */
import { useMemo } from 'react';
import { turnsOf, unconfirmedIn } from '../../chat/selectors';
import { useChatState } from '../context';
import { MessageList } from './MessageList';
import { rowsOf } from './rows';
import { ThreadPlaceholder } from './ThreadPlaceholder';

export function Thread({ id }: { id: string }) {
  const thread = useChatState((state) => state.threads[id]);
  const turns = useChatState((state) => turnsOf(state, id));
  const outbox = useChatState((state) => state.outbox);
  const unconfirmed = useMemo(() => unconfirmedIn({ outbox }, id), [outbox, id]);
  const rows = useMemo(() => rowsOf(turns, unconfirmed), [turns, unconfirmed]);
  if (rows.length === 0) return <ThreadPlaceholder id={id} thread={thread} />;
  return <MessageList key={id} id={id} rows={rows} unconfirmed={unconfirmed.length} />;
}
