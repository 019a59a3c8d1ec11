/** Before the first word: where the message is on its way. */
import { useEffect, useState } from 'react';
import type { Reply } from '../../chat/state';
import { useChat } from '../context';

const PATIENCE_MS = 900; // only a wait that is felt is worth a question to the broker

function useQueueDepth(waiting: boolean): number | null {
  const { api } = useChat();
  const [depth, setDepth] = useState<number | null>(null);
  useEffect(() => {
    setDepth(null);
    if (!waiting) return;
    let wanted = true;
    const ask = () => {
      api.pipeline().then(
        (answer) => {
          const queue = answer.broker?.queues.find((one) => one.name === 'chat_queue');
          if (wanted) setDepth(queue?.depth ?? null);
        },
        () => {}, // the line below the words is a courtesy: without it the words still stand
      );
    };
    const timer = setInterval(ask, PATIENCE_MS);
    return () => {
      wanted = false;
      clearInterval(timer);
    };
  }, [waiting, api]);
  return depth;
}

export function Where({ reply, live }: { reply: Reply | null; live: boolean }) {
  const depth = useQueueDepth(live && reply === null);
  const attempt = reply?.attempts.at(-1);
  if (!live) return <div className="where">Waiting for the connection</div>;
  if (reply) {
    return (
      <div className="where">
        <span>
          {attempt ? `${attempt.worker} has it` : 'A worker has it'}
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
        {depth !== null && depth > 0 ? `, ${depth === 1 ? 'next in line' : `${depth} in line`}` : ''}
        <span className="caret" />
      </span>
    </div>
  );
}
