/** A message and the chosen version of its reply. */
import { memo } from 'react';
import type { Turn } from '../../chat/state';
import { deliveryOf } from '../../chat/view-of';
import { useChatState } from '../context';
import { dayName } from '../format';
import { useView } from '../view';
import { ReplyView } from './ReplyView';
import { Said } from './Said';
import { Where } from './Where';

interface Props {
  conversation: string;
  turn: Turn;
  /** True for the first turn of its day. */
  newDay: boolean;
  last: boolean;
}

export const TurnView = memo(function TurnView({ conversation, turn, newDay, last }: Props) {
  const chosen = useView((state) => state.versions[turn.id]);
  const found = useView((state) => state.found?.message === turn.id);
  const clock = useChatState((state) => state.clocks[turn.id]);
  const live = useChatState((state) => state.live);
  const count = turn.replies.length + (turn.awaited > 0 ? 1 : 0);
  const at = Math.min(chosen ?? count - 1, count - 1);
  const reply = turn.replies[at];
  const awaiting = !reply && (turn.awaited > 0 || (turn.replies.length === 0 && !turn.closed));
  return (
    <article
      className={`turn${last ? ' last' : ''}${found ? ' found' : ''}`}
      data-message={turn.id}
      aria-label="Message and reply"
    >
      {newDay && <div className="day">{dayName(turn.at, new Date())}</div>}
      <Said text={turn.text} at={turn.at} state={deliveryOf(turn)} />
      {reply && <ReplyView conversation={conversation} turn={turn} reply={reply} at={at} count={count} clock={clock} />}
      {awaiting && (
        <div className="reply">
          <Where message={turn.id} reply={null} live={live} />
        </div>
      )}
    </article>
  );
});
