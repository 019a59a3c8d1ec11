/** What is wrong on the way to the server: nothing for short interruptions, then a countdown and a button; or why it takes no messages. */
import { isMessage } from '../chat/outbox';
import { useChat, useChatState } from './context';
import { whyItWaits } from './format';
import { withKeys } from './shortcuts';
import { useNow } from './useNow';

const QUIET_MS = 2_500; // most interruptions are over by then
const TICK_MS = 250;

export function Banner() {
  const { client } = useChat();
  const connection = useChatState((state) => state.connection);
  const waiting = useChatState(
    (state) => state.outbox.filter((entry) => entry.phase === 'queued' && isMessage(entry)).length,
  );
  const problem = useChatState(
    (state) => state.outbox.find((entry) => entry.phase !== 'failed' && entry.problem)?.problem,
  );
  const now = useNow(TICK_MS);
  if (connection.phase === 'open' && problem)
    return (
      <div className="banner waiting" role="status">
        <span className="dot" />
        <span>{whyItWaits(problem.detail)} What is here can be read and written on.</span>
      </div>
    );
  if (connection.phase === 'idle' || connection.phase === 'open') return null;
  if (connection.phase !== 'offline' && now - connection.since < QUIET_MS) return null;
  const kept = waiting > 0 ? ` ${waiting === 1 ? 'One message waits' : `${waiting} messages wait`} here.` : '';
  const seconds = connection.phase === 'waiting' ? Math.max(0, Math.ceil((connection.retryAt - now) / 1_000)) : 0;
  const text = {
    offline: `You are offline. Write on: it goes out when you are back.${kept}`,
    connecting: `Connecting.${kept}`,
    waiting: connection.phase === 'waiting' ? `${connection.reason} Next try in ${seconds} s.${kept}` : '',
  }[connection.phase];
  return (
    <div className={`banner ${connection.phase}`}>
      <span className="dot" />
      <span>{text}</span>
      <button
        type="button"
        className="small-button"
        title={withKeys('Retry now', 'retry')}
        disabled={connection.phase === 'connecting'}
        onClick={() => client.socket.retryNow()}
      >
        Retry now
      </button>
    </div>
  );
}
