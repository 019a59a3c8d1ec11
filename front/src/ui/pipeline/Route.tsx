/** The boxes of the route, left to right, with the numbers that are known. */
import type { Pipeline, PipelineQueue } from '../../protocol/http';
import { Place } from './Place';
import { Way } from './Way';

function queueOf(facts: Pipeline | null, name: string): PipelineQueue | undefined {
  return facts?.broker?.queues.find((queue) => queue.name === name);
}

function linkTo(facts: Pipeline | null, queue: string): string | null {
  if (!facts?.broker.management_url) return null;
  const { management_url: base, vhost } = facts.broker;
  return `${base.replace(/\/$/, '')}/#/queues/${encodeURIComponent(vhost ?? '/')}/${queue}`;
}

export function Route({ facts }: { facts: Pipeline | null }) {
  const embedded = facts?.broker?.kind === 'embedded';
  const queue = queueOf(facts, 'chat_queue');
  const log = queueOf(facts, 'chat_responses');
  const dead = queueOf(facts, 'chat_dead_letters');
  const rates = facts?.rates;
  const brokerDown = facts?.broker?.up === false ? ' down' : '';
  const busy = facts?.responders?.reduce((sum, one) => sum + one.open, 0);
  return (
    <ol className="route" aria-label="The route of a message">
      <Place
        name="Sockets"
        kind="this page, and every other"
        look="person"
        numbers={[
          ['open', facts?.sockets],
          ['messages/s', rates?.messages_per_s],
        ]}
      >
        <Way on={['sent']} person />
      </Place>
      <Place
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
      </Place>
      <Place
        name="Responders"
        kind="the mock AI, as often as wanted"
        numbers={[
          ['consumers', queue?.consumers ?? facts?.responders?.length],
          ['at work', busy],
          ['open turns', facts?.open_turns],
        ]}
      >
        <Way on={['started', 'part', 'ended']} />
      </Place>
      <Place
        name="chat_responses"
        kind={embedded ? 'in-process log: kept, in order' : 'stream: kept, in order'}
        look={`queue${brokerDown}`}
        href={linkTo(facts, 'chat_responses')}
        numbers={[
          ['records', log?.depth],
          ['events/s', rates?.events_per_s],
        ]}
      >
        <Way on={['started', 'part', 'ended']} />
      </Place>
      <Place
        name="Relay"
        kind="reads the log, tells the sockets"
        numbers={[
          ['read to', facts?.relay?.position],
          ['lag ms', facts?.relay?.lag_ms],
          ['parts/s', rates?.deltas_per_s],
        ]}
      >
        <Way on={['ended']} />
      </Place>
      <Place
        name="Postgres"
        kind={facts?.recorder?.active === false ? 'another node writes' : 'rows and position, one transaction'}
        look={facts?.store?.up === false ? 'down' : ''}
        numbers={[
          ['stored to', facts?.recorder?.stored_position],
          ['pending', facts?.recorder?.pending],
        ]}
      />
      <li className="back-way" aria-hidden="true">
        <span>every event goes back to the sockets of its owner</span>
      </li>
      <Place
        name="chat_dead_letters"
        kind="what could not be answered, kept whole"
        look="aside"
        href={linkTo(facts, 'chat_dead_letters')}
        numbers={[['parked', dead?.depth]]}
      />
    </ol>
  );
}
