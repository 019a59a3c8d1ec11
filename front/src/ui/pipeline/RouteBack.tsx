/** The way back: one log, read by all. */
import type { RouteMove } from '../../chat/client';
import { brokerLook, type Facts, isEmbedded, linkTo, queueOf } from './facts';
import { Place } from './Place';
import { Way } from './Way';

const EVENTS: readonly RouteMove[] = ['created', 'started', 'part', 'ended'];
const STORED: readonly RouteMove[] = ['created', 'ended'];

export function RouteBack({ facts }: { facts: Facts }) {
  const log = queueOf(facts, 'chat_responses');
  const dead = queueOf(facts, 'chat_dead_letters');
  return (
    <>
      <Place
        name="chat_responses"
        kind={isEmbedded(facts) ? 'in-process log: kept, in order' : 'stream: the log, kept, in order'}
        look={`log queue ${brokerLook(facts)}`}
        href={linkTo(facts, 'chat_responses')}
        numbers={[
          ['records', log?.depth],
          ['events/s', facts?.rates?.events_per_s],
        ]}
      />
      <Place
        name="Relay"
        kind="reads the log, for the sockets and the recorder"
        look="relay"
        numbers={[
          ['read to', facts?.relay?.position],
          ['lag ms', facts?.relay?.lag_ms],
          ['parts/s', facts?.rates?.deltas_per_s],
        ]}
      >
        <Way on={EVENTS} side="above" />
        <Way on={EVENTS} side="back" branch />
      </Place>
      <Place
        name="Recorder"
        kind={facts?.recorder?.active === false ? 'another node writes' : 'writes in batches, in the background'}
        look="recorder"
        numbers={[['pending', facts?.recorder?.pending]]}
      >
        <Way on={STORED} side="before" />
      </Place>
      <Place
        name="Postgres"
        kind="rows and position, one transaction"
        look={facts?.store?.up === false ? 'postgres down' : 'postgres'}
        numbers={[['stored to', facts?.recorder?.stored_position]]}
      >
        <Way on={STORED} side="before" />
      </Place>
      <Place
        name="chat_dead_letters"
        kind="what could not be answered, kept whole"
        look="aside"
        href={linkTo(facts, 'chat_dead_letters')}
        numbers={[['parked', dead?.depth]]}
      />
    </>
  );
}
