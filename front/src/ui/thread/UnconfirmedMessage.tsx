/** A message of the outbox: sent and not confirmed yet, or refused. */
import type { OutboxEntry } from '../../chat/state';
import { useChat, useChatState } from '../context';
import { MessageBubble } from './MessageBubble';

export function UnconfirmedMessage({ entry }: { entry: OutboxEntry }) {
  const { client } = useChat();
  const live = useChatState((state) => state.live);
  if (entry.phase === 'failed') {
    const again = () => {
      client.draft(entry.conversation_id, entry.text);
      client.cancel(entry.id);
    };
    return (
      <article className="turn" aria-label="Your message">
        <MessageBubble id={entry.id} text={entry.text} at={entry.createdAt} state="failed">
          <span>Not sent. {entry.problem?.detail}</span>
          <button type="button" className="small-button" onClick={() => client.retry(entry.id)}>
            Try again
          </button>
          <button type="button" className="small-button" onClick={again}>
            Edit
          </button>
          <button type="button" className="small-button" onClick={() => client.cancel(entry.id)}>
            Discard
          </button>
        </MessageBubble>
      </article>
    );
  }
  const waits = entry.phase === 'queued';
  return (
    <article className="turn" aria-label="Your message">
      <MessageBubble
        id={entry.id}
        text={entry.text}
        at={entry.createdAt}
        state={waits ? 'waiting' : entry.phase === 'accepted' ? 'accepted' : 'sent'}
      >
        {waits && (
          <span>
            {entry.problem ? entry.problem.detail : live ? 'Sending again' : 'Goes out when the connection is back'}
          </span>
        )}
      </MessageBubble>
    </article>
  );
}
