/** The frame that an entry of the outbox is sent as. Pure. */
import type { ClientFrame } from '../protocol/wire';
import { parentToSend } from './paths';
import type { ChatState, OutboxEntry } from './state';

export function frameOf(state: ChatState, entry: OutboxEntry): ClientFrame {
  const { id, conversation_id, text, options, regenerates, stops } = entry;
  if (stops) return { type: 'reply.stop', conversation_id, message_id: stops };
  const chosen = options ? { options } : {};
  if (regenerates) return { type: 'reply.regenerate', id, conversation_id, message_id: regenerates, ...chosen };
  const parent_id = parentToSend(state, entry);
  return {
    type: 'message.send',
    id,
    conversation_id,
    text,
    ...chosen,
    ...(parent_id === undefined ? {} : { parent_id }),
  };
}
