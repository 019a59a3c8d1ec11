/** Shown before the first part of a reply: where the message is in the pipeline. */
import { useEffect, useState } from 'react';
import { isStopping } from '../../chat/selectors';
import type { Reply } from '../../chat/state';
import { useChat, useChatState } from '../context';
import { ordinal } from '../format';

const POLL_MS = 900; // how often the position is requested; a shorter wait is not noticed

/** The message's position in the queue, from 1; null while it is unknown. */
function useQueuePosition(message: string, waiting: boolean): number | null {
  const { api } = useChat();
  const [position, setPosition] = useState<number | null>(null);
  useEffect(() => {
    setPosition(null);
    if (!waiting) return;
    let current = true;
    const poll = () => {
      api.queuePositions().then(
        ({ items }) => current && setPosition(items.find((one) => one.message_id === message)?.place ?? null),
        () => current && setPosition(null), // an old position would be a wrong one
      );
    };
    const timer = setInterval(poll, POLL_MS);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [message, waiting, api]);
  return position;
}

function positionText(position: number | null): string {
  if (position === null) return '';
  return position === 1 ? ', next in line' : `, ${ordinal(position)} in line`;
}

export function ReplyStatus({ message, reply, live }: { message: string; reply: Reply | null; live: boolean }) {
  const position = useQueuePosition(message, live && reply === null);
  const stopping = useChatState((state) => isStopping(state, message));
  if (!live) {
    return (
      <div className="reply-status">
        {stopping ? 'Stops as soon as the connection is back' : 'Waiting for the connection'}
      </div>
    );
  }
  return (
    <div className="reply-status">
      {reply ? (
        <AttemptStatus reply={reply} />
      ) : (
        <span>
          Waiting in <code>chat_queue</code>
          {positionText(position)}
          <span className="caret" />
        </span>
      )}
    </div>
  );
}

function AttemptStatus({ reply }: { reply: Reply }) {
  const attempt = reply.attempts.at(-1);
  return (
    <span title={attempt?.worker}>
      A responder has it
      {attempt && attempt.attempt > 1 ? `, attempt ${attempt.attempt}` : ''}
      <span className="caret" />
    </span>
  );
}
