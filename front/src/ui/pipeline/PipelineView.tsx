/** The pipeline view: the diagram with live numbers, and the latest steps. */
import { useState } from 'react';
import { newId } from '../../chat/ids';
import type { Pipeline } from '../../protocol/http';
import { useChat, useChatState } from '../context';
import { count } from '../format';
import { Icon } from '../Icon';
import { Diagram } from './Diagram';
import { EventLog } from './EventLog';
import { usePipeline } from './usePipeline';

function lead(snapshot: Pipeline | null): string {
  if (!snapshot) return 'Asking the backend.';
  const store =
    snapshot.store?.up === false ? ' The database is away: people still chat, and it catches up when it is back.' : '';
  if (snapshot.broker?.up === false)
    return `The broker is away. What you say waits here, and goes out when it is back.${store}`;
  return snapshot.broker?.kind === 'embedded'
    ? `Embedded mode: broker and log live inside the backend’s own process, with the same rules as RabbitMQ. Dots are your own messages, moving when they move.${store}`
    : `RabbitMQ carries it all. Dots are your own messages, moving when they move; the numbers are everybody’s.${store}`;
}

const PROBE = '/words 60'; // long enough to be watched, short enough to be repeated

export function PipelineView() {
  const { client } = useChat();
  const [probe] = useState(newId);
  const known = useChatState((state) => state.threads[probe] !== undefined);
  const sendOne = () => client.send(probe, PROBE, {}, !known);
  const { snapshot, problem } = usePipeline();
  return (
    <section className="pipeline" tabIndex={0} aria-label="The pipeline">
      <div className="pipeline-inner">
        <div className="pipeline-head">
          <div>
            <h1>One queue in, one log out</h1>
            <p className="pipeline-lead">{problem ? `The numbers are old: ${problem}` : lead(snapshot)}</p>
          </div>
          <button type="button" className="button primary" onClick={sendOne}>
            <Icon name="up" /> Send one through
          </button>
        </div>
        <Diagram snapshot={snapshot} />
        {snapshot?.responders && snapshot.responders.length > 0 && (
          <div className="stats">
            {snapshot.responders.map((one) => (
              <div className="stat" key={one.worker}>
                <b>{count(one.open)}</b>
                <span>open at {one.worker}</span>
              </div>
            ))}
          </div>
        )}
        <EventLog />
      </div>
    </section>
  );
}
