/** Before the first word: where the message is on its way. */
import { useEffect, useState } from 'react';
import type { Reply } from '../../chat/state';
import { useChat } from '../context';
import { ordinal } from '../format';

const PATIENCE_MS = 900; // only a wait that is felt is worth a question

/** The message's own place in line, from 1; null while nobody knows it. */
function usePlace(message: string, waiting: boolean): number | null {
  const { api } = useChat();
  const [place, setPlace] = useState<number | null>(null);
  useEffect(() => {
    setPlace(null);
    if (!waiting) return;
    let wanted = true;
    const ask = () => {
      api.line().then(
        ({ items }) => wanted && setPlace(items.find((one) => one.message_id === message)?.place ?? null),
        () => wanted && setPlace(null), // an old place would be a wrong one; without it the words still stand
      );
    };
    const timer = setInterval(ask, PATIENCE_MS);
    return () => {
      wanted = false;
      clearInterval(timer);
    };
  }, [message, waiting, api]);
  return place;
}

function inWords(place: number | null): string {
  if (place === null) return '';
  return place === 1 ? ', next in line' : `, ${ordinal(place)} in line`;
}

export function Where({ message, reply, live }: { message: string; reply: Reply | null; live: boolean }) {
  const place = usePlace(message, live && reply === null);
  const attempt = reply?.attempts.at(-1);
  if (!live) return <div className="where">Waiting for the connection</div>;
  if (reply) {
    return (
      <div className="where">
        <span title={attempt?.worker}>
          A responder has it
          {attempt && attempt.attempt > 1 ? `, attempt ${attempt.attempt}` : ''}
          <span className="caret" />
        </span>
      </div>
    );
  }
  return (
    <div className="where">
      <span>
        Waiting in <code>chat_queue</code>
        {inWords(place)}
        <span className="caret" />
      </span>
    </div>
  );
}
