/** The reading column of one conversation, or the word that stands there instead. */
import { useMemo } from 'react';
import { spokenIn, turnsOf } from '../../chat/view-of';
import { useChatState } from '../context';
import { Rows } from './Rows';
import { rowsOf } from './row';
import { ThreadWord } from './ThreadWord';

export function Thread({ id }: { id: string }) {
  const thread = useChatState((state) => state.threads[id]);
  const turns = useChatState((state) => turnsOf(state, id));
  const outbox = useChatState((state) => state.outbox);
  const spoken = useMemo(() => spokenIn({ outbox }, id), [outbox, id]);
  const rows = useMemo(() => rowsOf(turns, spoken), [turns, spoken]);
  if (rows.length === 0) return <ThreadWord id={id} thread={thread} />;
  return <Rows key={id} id={id} rows={rows} spoken={spoken.length} />;
}
