/** The state of the line, if it is worth a word: quiet for blips, then a countdown and a button. */
import { useChat, useChatState } from './context';
import { useNow } from './useNow';

const QUIET_MS = 2_500; // most cuts are over by then, and nobody needs to know
const TICK_MS = 250;

export function Banner() {
  const { client } = useChat();
  const link = useChatState((state) => state.link);
  const waiting = useChatState((state) => state.outbox.filter((entry) => entry.phase === 'held').length);
  const now = useNow(TICK_MS);
  if (link.phase === 'idle' || link.phase === 'open') return null;
  if (link.phase !== 'offline' && now - link.since < QUIET_MS) return null;
  const kept = waiting > 0 ? ` ${waiting === 1 ? 'One message waits' : `${waiting} messages wait`} here.` : '';
  const seconds = link.phase === 'waiting' ? Math.max(0, Math.ceil((link.retryAt - now) / 1_000)) : 0;
  const words = {
    offline: `You are offline. Write on: it goes out when you are back.${kept}`,
    connecting: `Connecting.${kept}`,
    waiting: link.phase === 'waiting' ? `${link.reason} Next try in ${seconds} s.${kept}` : '',
  }[link.phase];
  return (
    <div className={`banner ${link.phase}`}>
      <span className="dot" />
      <span>{words}</span>
      <button
        type="button"
        className="small-button"
        disabled={link.phase === 'connecting'}
        onClick={() => client.socket.retryNow()}
      >
        Retry now
      </button>
    </div>
  );
}
