/** A message of the outbox: sent and not confirmed yet, or refused. */
import type { OutboxEntry } from '../../chat/state';
import { useChat, useChatState } from '../context';
import { MessageBubble } from './MessageBubble';

export function UnconfirmedMessage({ entry }: { entry: OutboxEntry }) {
  const { client, store } = useChat();
  const live = useChatState((state) => state.live);
  if (entry.phase === 'failed') {
    const again = () => {
      const { drafts } = store.state;
      const draft = drafts[entry.conversation_id]; // what was typed meanwhile stays
      client.draft(entry.conversation_id, draft ? `${entry.text}\n\n${draft}` : entry.text);
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
