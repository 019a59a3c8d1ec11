/** Shown instead of an empty thread: why it is empty, and what can be done. */
import type { Thread } from '../../chat/state';
import { useChat, useChatState } from '../context';
import { Logo } from '../Logo';
import { navigate } from '../view';

export function ThreadPlaceholder({ id, thread }: { id: string; thread: Thread | undefined }) {
  const { client } = useChat();
  const live = useChatState((state) => state.live);
  if (thread?.loaded === 'missing') {
    return (
      <div className="thread-placeholder">
        <Logo size={48} />
        <p>{thread.problem}</p>
        <button type="button" className="button" onClick={() => navigate({ name: 'new' })}>
          New chat
        </button>
      </div>
    );
  }
  if (thread?.loaded === 'failed') {
    return (
      <div className="thread-placeholder">
        <Logo size={48} />
        <p>{thread.problem}</p>
        <div>
          <button type="button" className="button" onClick={() => void client.read(id)}>
            Try again
          </button>{' '}
          <button type="button" className="button" onClick={() => navigate({ name: 'new' })}>
            New conversation
          </button>
        </div>
      </div>
    );
  }
  if (thread?.loaded === 'yes') return <div className="thread-placeholder">Nothing has been said here yet.</div>;
  return (
    <div className="thread-placeholder">
      {live ? 'Reading the conversation' : 'The conversation shows as soon as there is a connection.'}
    </div>
  );
}
