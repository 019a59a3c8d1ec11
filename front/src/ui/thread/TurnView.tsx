/** A message and the chosen version of its reply. */
import { memo } from 'react';
import { deliveryOf } from '../../chat/selectors';
import type { Turn } from '../../chat/state';
import { useChatState } from '../context';
import { dayName } from '../format';
import { useView } from '../view';
import { MessageBubble } from './MessageBubble';
import { ReplyStatus } from './ReplyStatus';
import { ReplyView } from './ReplyView';
import { useVersion } from './thread-ui';

interface Props {
  conversation: string;
  turn: Turn;
  /** True for the first turn of its day. */
  newDay: boolean;
  last: boolean;
}

export const TurnView = memo(function TurnView({ conversation, turn, newDay, last }: Props) {
  const chosen = useVersion(turn.id);
  const highlighted = useView((state) => state.highlighted?.message === turn.id);
  const clock = useChatState((state) => state.clocks[turn.id]);
  const live = useChatState((state) => state.live);
  const count = turn.replies.length + (turn.pendingReplies > 0 ? 1 : 0);
  const version = Math.min(chosen ?? count - 1, count - 1);
  const reply = turn.replies[version];
  const pending = !reply && (turn.pendingReplies > 0 || (turn.replies.length === 0 && !turn.closed));
  return (
    <article
      className={`turn${last ? ' last' : ''}${highlighted ? ' highlighted' : ''}`}
      data-message={turn.id}
      aria-label="Message and reply"
    >
      {newDay && <div className="day">{dayName(turn.at, new Date())}</div>}
      <MessageBubble id={turn.id} text={turn.text} at={turn.at} state={deliveryOf(turn)} />
      {reply && (
        <ReplyView
          conversation={conversation}
          turn={turn}
          reply={reply}
          version={version}
          count={count}
          clock={clock}
        />
      )}
      {pending && (
        <div className="reply">
          <ReplyStatus message={turn.id} reply={null} live={live} />
        </div>
      )}
    </article>
  );
});
