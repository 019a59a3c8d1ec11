/** The request path: one publish to the queue and to the log. */
import { DiagramEdge } from './DiagramEdge';
import { DiagramNode } from './DiagramNode';
import { type Picture, waitingIn } from './picture';
import { ResponderRows } from './ResponderRows';
import { Slots } from './Slots';
import { brokerClass, byBroker, linkTo, queueOf, type Snapshot } from './snapshot';

const DRAWN = 24; // waiting messages that are drawn; of a longer queue the number is told

export function RequestPath({ snapshot, picture }: { snapshot: Snapshot; picture: Picture | null }) {
  const queue = queueOf(snapshot, 'chat_queue');
  const waiting = picture
    ? waitingIn(picture).map((turn) => turn.mine)
    : Array<boolean>(Math.min(queue?.depth ?? 0, DRAWN)).fill(false);
  return (
    <>
      <DiagramNode name="Sockets" kind="the connections of every browser" variant="sockets" snapshot={snapshot} />
      <DiagramNode
        name="Exchange"
        kind="one publish, a copy for each of two places"
        variant={`exchange ${brokerClass(snapshot)}`}
        snapshot={snapshot}
      >
        <DiagramEdge on={['sent']} side="before" fromClient />
        <DiagramEdge on={['accepted']} side="below" branch />
      </DiagramNode>
      <DiagramNode
        name="chat_queue"
        kind={byBroker(snapshot, {
          rabbitmq: 'quorum queue: each job stays until acked',
          embedded: 'in-process queue: each job stays until acked',
          unknown: 'queue: each job stays until acked',
        })}
        variant={`queue ${brokerClass(snapshot)}`}
        href={linkTo(snapshot, 'chat_queue')}
        snapshot={snapshot}
      >
        <Slots
          taken={waiting}
          places={DRAWN}
          max={DRAWN}
          more={picture ? picture.more : Math.max(0, (queue?.depth ?? 0) - DRAWN)}
          name="waiting"
        />
        <DiagramEdge on={['accepted']} side="before" />
      </DiagramNode>
      <DiagramNode
        name="Responders"
        kind="the mock AI: acks once the reply is in the log"
        variant="responders"
        snapshot={snapshot}
      >
        {picture && <ResponderRows picture={picture} />}
        <DiagramEdge on={['started']} side="before" />
        <DiagramEdge on={['started', 'part', 'ended']} side="below" />
      </DiagramNode>
    </>
  );
}
