/** The request path: one publish to the queue and to the log. */
import { DiagramEdge } from './DiagramEdge';
import { DiagramNode } from './DiagramNode';
import { Slots } from './Slots';
import { brokerClass, byBroker, linkTo, queueOf, type Snapshot } from './snapshot';

export function RequestPath({ snapshot }: { snapshot: Snapshot }) {
  const queue = queueOf(snapshot, 'chat_queue');
  const busy = snapshot?.responders?.reduce((sum, one) => sum + one.open, 0);
  return (
    <>
      <DiagramNode
        name="Sockets"
        kind="the gateway: takes what this page, and every other, sends"
        variant="sockets"
        numbers={[
          ['open', snapshot?.sockets],
          ['messages/s', snapshot?.rates?.messages_per_s],
        ]}
      />
      <DiagramNode
        name="Exchange"
        kind="one publish, one confirm: to the queue and to the log"
        variant={`exchange ${brokerClass(snapshot)}`}
        numbers={[]}
      >
        <DiagramEdge on={['sent']} side="before" fromClient />
        <DiagramEdge on={['accepted']} side="below" branch />
      </DiagramNode>
      <DiagramNode
        name="chat_queue"
        kind={byBroker(snapshot, {
          rabbitmq: 'quorum queue: jobs, one responder each',
          embedded: 'in-process queue: jobs, one responder each',
          unknown: 'queue: jobs, one responder each',
        })}
        variant={`queue ${brokerClass(snapshot)}`}
        href={linkTo(snapshot, 'chat_queue')}
        numbers={[
          ['waiting', queue?.depth],
          ['in work', queue?.unacked],
        ]}
      >
        <Slots inWork={queue?.unacked} waiting={queue?.depth} />
        <DiagramEdge on={['accepted']} side="before" />
      </DiagramNode>
      <DiagramNode
        name="Responders"
        kind="the mock AI, as many as wanted"
        variant="responders"
        numbers={[
          ['consumers', queue?.consumers ?? snapshot?.responders?.length],
          ['at work', busy],
          ['open turns', snapshot?.open_turns],
        ]}
      >
        <DiagramEdge on={['started']} side="before" />
        <DiagramEdge on={['started', 'part', 'ended']} side="below" />
      </DiagramNode>
    </>
  );
}
