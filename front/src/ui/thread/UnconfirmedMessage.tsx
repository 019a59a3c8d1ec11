/** A message of the outbox: sent and not confirmed yet, or refused. */
import type { OutboxEntry } from '../../chat/state';
import { useChat, useChatState } from '../context';
import { whyItWaits } from '../format';
import { useNow } from '../useNow';
import { MessageBubble } from './MessageBubble';

const SLOW_MS = 3_000; // a confirmation takes milliseconds

export function UnconfirmedMessage({ entry }: { entry: OutboxEntry }) {
  const { client, store } = useChat();
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
        {entry.phase !== 'accepted' && <WhyItWaits entry={entry} />}
      </MessageBubble>
    </article>
  );
}

function WhyItWaits({ entry }: { entry: OutboxEntry }) {
  const live = useChatState((state) => state.live);
  const sentAt = useChatState((state) => state.clocks[entry.id]?.sent ?? entry.createdAt);
  const now = useNow(1_000);
  if (!live) return <span>Goes out when the connection is back</span>;
  if (entry.problem) return <span>{whyItWaits(entry.problem.detail)}</span>;
  if (entry.phase === 'queued') return <span>Sending again</span>;
  return now - sentAt > SLOW_MS && <span>Not confirmed yet. It is kept here, and sent again if need be.</span>;
}
