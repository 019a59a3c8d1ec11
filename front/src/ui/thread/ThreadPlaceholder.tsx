/** Shown instead of an empty thread: why it is empty, and what can be done. */
import { queuedIn } from '../../chat/selectors';
import { useChat, useChatState } from '../context';
import { Logo } from '../Logo';
import { navigate } from '../view';

export function ThreadPlaceholder({ id }: { id: string }) {
  const { client } = useChat();
  const live = useChatState((state) => state.live);
  const loaded = useChatState((state) => state.threads[id]?.loaded);
  const problem = useChatState((state) => state.threads[id]?.problem);
  const queued = useChatState((state) => queuedIn(state, id).length);
  if (loaded === 'missing' || loaded === 'failed') {
    return (
      <div className="thread-placeholder">
        <Logo size={48} />
        <p>{problem}</p>
        <div className="button-row">
          {loaded === 'failed' && (
            <button type="button" className="button" onClick={() => void client.read(id)}>
              Try again
            </button>
          )}
          <button type="button" className="button" onClick={() => navigate({ name: 'new' })}>
            New chat
          </button>
        </div>
      </div>
    );
  }
  return (
    <div className="thread-placeholder">
      <Logo size={48} />
      <p>{textOf(loaded === 'yes', live, queued)}</p>
    </div>
  );
}

function textOf(loaded: boolean, live: boolean, queued: number): string {
  if (queued > 0 && !live)
    return queued === 1
      ? 'Your message goes out when the connection is back.'
      : 'Your messages go out when the connection is back.';
  if (loaded) return queued > 0 ? 'Sending' : 'Nothing has been said here yet.';
  return live ? 'Loading the conversation' : 'The conversation shows as soon as there is a connection.';
}
