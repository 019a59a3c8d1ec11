/** The pipeline view: the diagram with live numbers, and the latest steps. */
import { useEffect, useState } from 'react';
import { newId } from '../../chat/ids';
import { useChat, useChatState } from '../context';
import { Icon } from '../Icon';
import { Diagram } from './Diagram';
import { EventLog } from './EventLog';
import { OperatorToken } from './OperatorToken';
import type { Snapshot } from './snapshot';
import { usePipeline } from './usePipeline';
import '../style/pipeline-view.css';

const SAMPLE = '/words 60'; // long enough to be watched, short enough to be repeated
const CLOSED = 'This server shows its numbers to operators alone. Dots are your own messages, moving when they move.';

function description(snapshot: Snapshot): string {
  if (!snapshot) return 'Asking the backend.';
  const store =
    snapshot.store?.up === false ? ' The database is away: people still chat, and it catches up when it is back.' : '';
  if (snapshot.broker?.up === false)
    return `The broker is away. What you say waits here, and goes out when it is back.${store}`;
  return snapshot.broker?.kind === 'embedded'
    ? `Embedded mode: broker and log live inside the backend’s own process, with the same rules as RabbitMQ. Dots are your own messages, moving when they move.${store}`
    : `RabbitMQ carries it all. Dots are your own messages, moving when they move; the numbers are everybody’s.${store}`;
}

export function PipelineView() {
  const { client } = useChat();
  const [sample] = useState(newId);
  const live = useChatState((state) => state.live);
  const known = useChatState((state) => state.threads[sample] !== undefined);
  const { snapshot, problem, closed, retry } = usePipeline();
  // The sample conversation is not the user's: it is not listed, and deleted with the view.
  useEffect(() => () => client.deletions.carryOut(sample), [client, sample]);
  const sendOne = () => {
    client.deletions.hide(sample);
    client.send(sample, SAMPLE, {}, !known);
  };
  return (
    <section className="pipeline" tabIndex={0} aria-label="The pipeline">
      <div className="pipeline-inner">
        <div className="pipeline-head">
          <div>
            <h1>One queue in, one log out</h1>
            <p className="pipeline-lead">
              {closed ? CLOSED : problem ? unreachable(snapshot, problem) : description(snapshot)}
            </p>
          </div>
          <button type="button" className="button primary" disabled={!live} onClick={sendOne}>
            <Icon name="up" /> Send one through
          </button>
        </div>
        {closed && <OperatorToken onOpen={retry} />}
        <Diagram snapshot={snapshot} reachable={!problem || closed} />
        <EventLog />
      </div>
    </section>
  );
}

function unreachable(snapshot: Snapshot, problem: string): string {
  const numbers = snapshot ? ' The numbers are old.' : '';
  return `The backend does not answer, so nothing is known of the pipeline now. ${problem}${numbers}`;
}
