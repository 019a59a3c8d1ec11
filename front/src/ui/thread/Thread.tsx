/** The messages of one conversation, or a placeholder while there are none. */
import { useMemo, useState } from 'react';
import { turnsOf, unconfirmedIn } from '../../chat/selectors';
import { useChatState } from '../context';
import { MessageList } from './MessageList';
import { rowsOf } from './rows';
import { ThreadPlaceholder } from './ThreadPlaceholder';
import { createThreadUi, ThreadUiContext } from './thread-ui';

/** Rendered with the conversation's id as its key. */
export function Thread({ id, sends }: { id: string; sends: number }) {
  const turns = useChatState((state) => turnsOf(state, id));
  const outbox = useChatState((state) => state.outbox);
  const unconfirmed = useMemo(() => unconfirmedIn({ outbox }, id), [outbox, id]);
  const rows = useMemo(() => rowsOf(turns, unconfirmed), [turns, unconfirmed]);
  const [ui] = useState(createThreadUi);
  if (rows.length === 0) return <ThreadPlaceholder id={id} />;
  return (
    <ThreadUiContext value={ui}>
      <MessageList id={id} rows={rows} sends={sends} />
    </ThreadUiContext>
  );
}
