/** The whole route in one picture, with what the backend knows of it at this moment. */
import type { Pipeline, PipelineQueue } from '../../protocol/http';
import { count } from '../format';
import { Stop } from './Stop';
import { usePipeline } from './usePipeline';
import { Way } from './Way';

function queueOf(facts: Pipeline | null, name: string): PipelineQueue | undefined {
  return facts?.broker?.queues.find((queue) => queue.name === name);
}

function linkTo(facts: Pipeline | null, queue: string): string | null {
  const base = facts?.broker?.management_url;
  return base ? `${base.replace(/\/$/, '')}/#/queues/%2F/${queue}` : null;
}

function Route({ facts }: { facts: Pipeline | null }) {
  const embedded = facts?.broker?.kind === 'embedded';
  const queue = queueOf(facts, 'chat_queue');
  const log = queueOf(facts, 'chat_responses');
  const dead = queueOf(facts, 'chat_dead_letters');
  const rates = facts?.rates;
  const brokerDown = facts?.broker?.up === false ? ' down' : '';
  const busy = facts?.responders?.reduce((sum, one) => sum + one.open, 0);
  return (
    <ol className="route" aria-label="The route of a message">
      <Stop
        name="Sockets"
        kind="this page, and every other"
        look="person"
        numbers={[
          ['open', facts?.sockets],
          ['messages/s', rates?.messages_per_s],
        ]}
      >
        <Way on={['sent']} person />
      </Stop>
      <Stop
        name="chat_queue"
        kind={embedded ? 'in-process queue: work, one worker each' : 'quorum queue: work, one worker each'}
        look={`queue${brokerDown}`}
        href={linkTo(facts, 'chat_queue')}
        numbers={[
          ['waiting', queue?.depth],
          ['in work', queue?.unacked],
          ['in/s', queue?.publish_rate],
          ['out/s', queue?.deliver_rate],
        ]}
      >
        <Way on={['started']} />
      </Stop>
      <Stop
        name="Responders"
        kind="the mock AI, as often as wanted"
        numbers={[
          ['consumers', queue?.consumers ?? facts?.responders?.length],
          ['at work', busy],
          ['open turns', facts?.open_turns],
        ]}
      >
        <Way on={['started', 'part', 'ended']} />
      </Stop>
      <Stop
        name="chat_responses"
        kind={embedded ? 'in-process log: kept, in order' : 'stream: kept, in order'}
        look={`queue${brokerDown}`}
        href={linkTo(facts, 'chat_responses')}
        numbers={[
          ['records', log?.records],
          ['last', log?.last],
          ['events/s', rates?.events_per_s],
        ]}
      >
        <Way on={['started', 'part', 'ended']} />
      </Stop>
      <Stop
        name="Relay"
        kind="reads the log, tells the sockets"
        numbers={[
          ['behind', facts?.relay?.lag_records],
          ['lag ms', facts?.relay?.lag_ms],
          ['parts/s', rates?.deltas_per_s],
        ]}
      >
        <Way on={['ended']} />
      </Stop>
      <Stop
        name="Postgres"
        kind={facts?.recorder?.active === false ? 'another node writes' : 'rows and position, one transaction'}
        look={facts?.store?.up === false ? 'down' : ''}
        numbers={[
          ['stored to', facts?.recorder?.stored_position],
          ['lag ms', facts?.recorder?.lag_ms],
        ]}
      />
      <li className="back-way" aria-hidden="true">
        <span>every event goes back to the sockets of its owner</span>
      </li>
      <Stop
        name="chat_dead_letters"
        kind="what could not be answered, kept whole"
        look="aside"
        href={linkTo(facts, 'chat_dead_letters')}
        numbers={[['parked', dead?.depth]]}
      />
    </ol>
  );
}

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

export function PipelineView() {
  const { facts, problem } = usePipeline();
  return (
    <section className="pipeline" tabIndex={0} aria-label="The pipeline">
      <div className="pipeline-inner">
        <div>
          <h1>One queue in, one log out</h1>
          <p className="pipeline-lead">{problem ? `The numbers are old: ${problem}` : lead(facts)}</p>
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
      </div>
    </section>
  );
}
