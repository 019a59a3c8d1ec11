/** How a reply ended, unless it is complete, and what can be done next. */
import type { Reply } from '../../chat/state';
import { Icon } from '../Icon';

export function ReplyOutcome({ reply, onAgain }: { reply: Reply; onAgain(): void }) {
  if (reply.end?.kind === 'stopped')
    return <div className="outcome">{reply.text ? 'Stopped here.' : 'Stopped before the first word.'}</div>;
  if (reply.end?.kind === 'complete')
    return reply.end.reason === 'length' ? <div className="outcome">Cut at its longest.</div> : null;
  if (reply.end?.kind !== 'failed') return null;
  return (
    <div className="outcome failed">
      <span>
        The reply failed. {reply.end.error.detail}
        {reply.end.error.code === 'parked' || reply.end.error.code === 'delivery_limit'
          ? ' The message is kept in chat_dead_letters.'
          : ''}
      </span>
      {reply.end.error.retryable && (
        <button type="button" className="button" onClick={onAgain}>
          <Icon name="again" /> Try again
        </button>
      )}
    </div>
  );
}
