/** The response path: one log with several readers. */
import type { PipelineStep } from '../../chat/steps';
import { DiagramEdge } from './DiagramEdge';
import { DiagramNode } from './DiagramNode';
import { LogBand } from './LogBand';
import type { Picture } from './picture';
import { brokerClass, byBroker, linkTo, type Snapshot } from './snapshot';

const EVENTS: readonly PipelineStep[] = ['created', 'started', 'part', 'ended'];
const STORED: readonly PipelineStep[] = ['created', 'ended'];

function recorderKind(snapshot: Snapshot): string {
  if (snapshot?.store?.up === false) return 'waits for the database';
  return snapshot?.recorder?.active === false ? 'another node writes' : 'writes in batches';
}

export function ResponsePath({ snapshot, picture }: { snapshot: Snapshot; picture: Picture | null }) {
  return (
    <>
      <DiagramNode
        name="chat_responses"
        kind={byBroker(snapshot, {
          rabbitmq: 'stream: a log; each reader keeps its own place, a cursor',
          embedded: 'in-process log; each reader keeps its own place, a cursor',
          unknown: 'a log; each reader keeps its own place, a cursor',
        })}
        variant={`log queue ${brokerClass(snapshot)}`}
        href={linkTo(snapshot, 'chat_responses')}
        snapshot={snapshot}
      >
        {picture && <LogBand picture={picture} />}
      </DiagramNode>
      <DiagramNode name="Relay" kind="reads the log for this node" variant="relay" snapshot={snapshot}>
        <DiagramEdge on={EVENTS} side="above" />
      </DiagramNode>
      <li className="box-way" aria-hidden="true">
        <DiagramEdge on={EVENTS} side="up" branch />
      </li>
      <DiagramNode name="Hub" kind="each event to the sockets of its owner" variant="hub" snapshot={snapshot}>
        <DiagramEdge on={EVENTS} side="after" branch />
      </DiagramNode>
      <DiagramNode name="Recorder" kind={recorderKind(snapshot)} variant="recorder" snapshot={snapshot}>
        <DiagramEdge on={STORED} side="before" />
      </DiagramNode>
      <DiagramNode
        name="Postgres"
        kind="rows and position, one transaction"
        variant={snapshot?.store?.up === false ? 'postgres down' : 'postgres'}
        snapshot={snapshot}
      >
        <DiagramEdge on={STORED} side="before" />
      </DiagramNode>
      <DiagramNode
        name="chat_dead_letters"
        kind="what could not be answered, kept as it was"
        variant="dead-letters"
        href={linkTo(snapshot, 'chat_dead_letters')}
        snapshot={snapshot}
      />
    </>
  );
}
