/** Reads the facts about the pipeline; knows nothing of how they are shown. */
import type { Pipeline, PipelineQueue } from '../../protocol/http';

/** Null until the backend has answered. */
export type Facts = Pipeline | null;

export function queueOf(facts: Facts, name: string): PipelineQueue | undefined {
  return facts?.broker?.queues.find((queue) => queue.name === name);
}

/** Where RabbitMQ's own page shows this queue; null where nobody said where that page is. */
export function linkTo(facts: Facts, queue: string): string | null {
  if (!facts?.broker.management_url) return null;
  const { management_url: base, vhost } = facts.broker;
  return `${base.replace(/\/$/, '')}/#/queues/${encodeURIComponent(vhost ?? '/')}/${queue}`;
}

export function isEmbedded(facts: Facts): boolean {
  return facts?.broker?.kind === 'embedded';
}

/** The look of a box that is the broker's. */
export function brokerLook(facts: Facts): string {
  return facts?.broker?.up === false ? 'broker down' : 'broker';
}
