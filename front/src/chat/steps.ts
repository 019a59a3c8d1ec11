/** The steps of a message through the pipeline, as they are observed on this page's socket. */
import type { ServerFrame } from '../protocol/wire';

export type PipelineStep = 'sent' | 'accepted' | 'created' | 'started' | 'part' | 'ended';

const STEPS: { readonly [type in ServerFrame['type']]?: PipelineStep } = {
  'message.accepted': 'accepted',
  'message.created': 'created',
  'reply.started': 'started',
  'reply.delta': 'part',
  'reply.completed': 'ended',
  'reply.failed': 'ended',
};

export class StepListeners {
  private readonly listeners = new Set<(step: PipelineStep) => void>();

  /** Returns a function that removes the listener again. */
  add(listener: (step: PipelineStep) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  notify(step: PipelineStep): void {
    for (const listener of this.listeners) listener(step);
  }

  received(frame: ServerFrame): void {
    const step = STEPS[frame.type];
    if (step) this.notify(step);
  }
}
