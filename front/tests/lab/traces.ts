/** Test data: what a tab records while a conversation is held. */
import type { TraceEntry } from '../../src/chat/recording';
import type { ServerEvent, ServerFrame } from '../../src/protocol/wire';
import { CHAT, logOf, type TurnPlan, welcome } from '../chat/events';

export const got = (frame: ServerFrame, at = 0): TraceEntry => ({ at, received: frame });

const opened = welcome(false);
const { frame: WELCOME } = opened.type === 'welcome' ? opened : { frame: null as never };

export { WELCOME };

export const PLAN: TurnPlan[] = [
  { id: 'm1', text: 'one', replies: [{ id: 'r1', parts: ['a ', 'b ', 'c '], end: 'complete', attempts: 2 }] },
  { id: 'm2', text: 'two', replies: [{ id: 'r2', parts: ['d ', 'e'], end: 'complete', attempts: 1 }] },
  { id: 'm3', text: 'three', replies: [{ id: 'r3', parts: ['f'], end: 'failed', attempts: 1 }] },
];

/** The socket opens, and each message is sent, accepted and answered. */
export function recordingOf(plan: readonly TurnPlan[] = PLAN): TraceEntry[] {
  const entries: TraceEntry[] = [got(WELCOME)];
  for (const [place, event] of logOf(plan).entries()) {
    const at = place * 100;
    if (event.type === 'message.created') {
      const { id, text } = event;
      entries.push({ at, sent: { type: 'message.send', id, conversation_id: CHAT, text } });
      entries.push(got({ type: 'message.accepted', id, conversation_id: CHAT, duplicate: false }, at));
    }
    entries.push(got(event, at));
  }
  return entries;
}

export function isGot<T extends ServerEvent['type']>(type: T, more: Record<string, unknown> = {}) {
  return (entry: TraceEntry): boolean =>
    'received' in entry &&
    entry.received.type === type &&
    Object.entries(more).every(
      ([field, value]) => (entry.received as unknown as Record<string, unknown>)[field] === value,
    );
}
