/** A message that left the composer and is not in the thread's own state yet, or was refused. */
import type { OutboxEntry } from '../../chat/state';
import { useChat, useChatState } from '../context';
import { Said } from './Said';

export function SpokenEntry({ entry }: { entry: OutboxEntry }) {
  const { client } = useChat();
  const live = useChatState((state) => state.live);
  if (entry.phase === 'failed') {
    const again = () => {
      client.draft(entry.conversation_id, entry.text);
      client.cancel(entry.id);
    };
    return (
      <article className="turn" aria-label="Your message">
        <Said text={entry.text} at={entry.typedAt} state="failed">
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
        </Said>
      </article>
    );
  }
  const waits = entry.phase === 'held';
  return (
    <article className="turn" aria-label="Your message">
      <Said
        text={entry.text}
        at={entry.typedAt}
        state={waits ? 'waiting' : entry.phase === 'accepted' ? 'accepted' : 'sent'}
      >
        {waits && (
          <span>
            {entry.problem ? entry.problem.detail : live ? 'Sending again' : 'Goes out when the connection is back'}
          </span>
        )}
      </Said>
    </article>
  );
}
