/** The whole route in one picture, with what the backend knows of it at this moment. */
import { useState } from 'react';
import { newId } from '../../chat/ids';
import type { Pipeline } from '../../protocol/http';
import { useChat, useChatState } from '../context';
import { count } from '../format';
import { Icon } from '../Icon';
import { Diary } from './Diary';
import { Route } from './Route';
import { usePipeline } from './usePipeline';

function lead(facts: Pipeline | null): string {
  if (!facts) return 'Asking the backend.';
  const store =
    facts.store?.up === false ? ' The database is away: people still chat, and it catches up when it is back.' : '';
  if (facts.broker?.up === false)
    return `The broker is away. What you say waits here, and goes out when it is back.${store}`;
  return facts.broker?.kind === 'embedded'
    ? `Embedded mode: broker and log live inside the backend’s own process, with the same rules as RabbitMQ. Dots are your own messages, moving when they move.${store}`
    : `RabbitMQ carries it all. Dots are your own messages, moving when they move; the numbers are everybody’s.${store}`;
}

const PROBE = '/words 60'; // long enough to be watched, short enough to be repeated

export function PipelineView() {
  const { client } = useChat();
  const [probe] = useState(newId);
  const known = useChatState((state) => state.threads[probe] !== undefined);
  const sendOne = () => client.send(probe, PROBE, {}, !known);
  const { facts, problem } = usePipeline();
  return (
    <section className="pipeline" tabIndex={0} aria-label="The pipeline">
      <div className="pipeline-inner">
        <div className="pipeline-head">
          <div>
            <h1>One queue in, one log out</h1>
            <p className="pipeline-lead">{problem ? `The numbers are old: ${problem}` : lead(facts)}</p>
          </div>
          <button type="button" className="button primary" onClick={sendOne}>
            <Icon name="up" /> Send one through
          </button>
        </div>
        <Route facts={facts} />
        {facts?.responders && facts.responders.length > 0 && (
          <div className="facts">
            {facts.responders.map((one) => (
              <div className="fact" key={one.worker}>
                <b>{count(one.open)}</b>
                <span>open at {one.worker}</span>
              </div>
            ))}
          </div>
        )}
        <Diary />
      </div>
    </section>
  );
}
