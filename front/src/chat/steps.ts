/** The steps of a message through the pipeline, as they are observed on this page's socket. */
import type { ClientFrame, ServerFrame } from '../protocol/wire';
import type { TraceEntry } from './recording';

export type PipelineStep = 'sent' | 'accepted' | 'created' | 'started' | 'part' | 'ended';

const STEPS: { readonly [type in (ServerFrame | ClientFrame)['type']]?: PipelineStep } = {
  'message.send': 'sent',
  'reply.regenerate': 'sent',
  'message.accepted': 'accepted',
  'message.created': 'created',
  'reply.started': 'started',
  'reply.delta': 'part',
  'reply.completed': 'ended',
  'reply.failed': 'ended',
};

export function stepOf(entry: TraceEntry): PipelineStep | undefined {
  if ('sent' in entry) return STEPS[entry.sent.type];
  return 'received' in entry ? STEPS[entry.received.type] : undefined;
}
