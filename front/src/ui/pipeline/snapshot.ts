/** Reads what `GET /api/pipeline` answers. */
import type { Pipeline, PipelineQueue } from '../../protocol/http';

/** Null until the backend has answered. */
export type Snapshot = Pipeline | null;

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
