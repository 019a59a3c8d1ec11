/** Reads what `GET /api/pipeline` answers. */
import type {
  PipelineBroker,
  PipelineQueue,
  PipelineRates,
  PipelineRecorder,
  PipelineRelay,
  PipelineStore,
  PipelineWorker,
} from '../../protocol/http';

/** The pipeline in numbers, as the backend says them or as a trace tells; null is unknown. Null until there are any. */
export type Snapshot = {
  broker: Omit<PipelineBroker, 'kind'> & { kind: PipelineBroker['kind'] | 'unknown' };
  relay: PipelineRelay | null;
  recorder: PipelineRecorder | null;
  store: PipelineStore | null;
  sockets: number;
  open_turns: number;
  responders: readonly PipelineWorker[] | null;
  rates: PipelineRates | null;
  /** Whether the node can be broken on purpose. */
  lab: boolean;
} | null;

export function queueOf(snapshot: Snapshot, name: string): PipelineQueue | undefined {
  return snapshot?.broker?.queues.find((queue) => queue.name === name);
}

/** The queue's address in RabbitMQ management; null if none is configured. */
export function linkTo(snapshot: Snapshot, queue: string): string | null {
  if (!snapshot?.broker.management_url) return null;
  const { management_url: base, vhost } = snapshot.broker;
  return `${base.replace(/\/$/, '')}/#/queues/${encodeURIComponent(vhost ?? '/')}/${queue}`;
}

/** One text for each kind of broker, and a neutral one while the kind is unknown. */
export function byBroker(snapshot: Snapshot, texts: { rabbitmq: string; embedded: string; unknown: string }): string {
  return texts[snapshot?.broker.kind ?? 'unknown'];
}

/** The CSS classes of a box that belongs to the broker. */
export function brokerClass(snapshot: Snapshot): string {
  return snapshot?.broker?.up === false ? 'broker down' : 'broker';
}
