/** The way there: one publish, to the queue and to the log. */
import { brokerLook, type Facts, isEmbedded, linkTo, queueOf } from './facts';
import { Place } from './Place';
import { Way } from './Way';

export function RouteThere({ facts }: { facts: Facts }) {
  const queue = queueOf(facts, 'chat_queue');
  const busy = facts?.responders?.reduce((sum, one) => sum + one.open, 0);
  return (
    <>
      <Place
        name="Sockets"
        kind="gateway: takes what this page, and every other, says"
        look="sockets"
        numbers={[
          ['open', facts?.sockets],
          ['messages/s', facts?.rates?.messages_per_s],
        ]}
      >
        <p className="kind back-word">hub: tells every event to the sockets of its owner</p>
      </Place>
      <Place
        name="Exchange"
        kind="one publish, one confirm: to the queue and to the log"
        look={`exchange ${brokerLook(facts)}`}
        numbers={[]}
      >
        <Way on={['sent']} side="before" person />
        <Way on={['accepted']} side="below" branch />
      </Place>
      <Place
        name="chat_queue"
        kind={`${isEmbedded(facts) ? 'in-process' : 'quorum'} queue: work, one responder each`}
        look={`queue ${brokerLook(facts)}`}
        href={linkTo(facts, 'chat_queue')}
        numbers={[
          ['waiting', queue?.depth],
          ['in work', queue?.unacked],
          ['in/s', queue?.publish_rate],
          ['out/s', queue?.deliver_rate],
        ]}
      >
        <Way on={['accepted']} side="before" />
      </Place>
      <Place
        name="Responders"
        kind="the mock AI, as many as wanted"
        look="responders"
        numbers={[
          ['consumers', queue?.consumers ?? facts?.responders?.length],
          ['at work', busy],
          ['open turns', facts?.open_turns],
        ]}
      >
        <Way on={['started']} side="before" />
        <Way on={['started', 'part', 'ended']} side="below" />
      </Place>
    </>
  );
}
