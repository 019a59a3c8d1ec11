/** Parses and validates socket frames. The only module that narrows `unknown` from the wire. */
import type { ServerEvent, ServerFrame } from './wire.ts';

type Kind = 'string' | 'number' | 'boolean';

const EVENT: Record<string, Kind> = { cursor: 'string', at: 'string', conversation_id: 'string' };
const REPLY: Record<string, Kind> = { ...EVENT, reply_id: 'string', message_id: 'string', attempt: 'number' };

/** The required fields of each frame. */
const REQUIRED: Record<ServerFrame['type'], Record<string, Kind>> = {
  welcome: { owner: 'string', epoch: 'string', cursor: 'string', resumed: 'boolean', heartbeat_s: 'number' },
  'message.accepted': { id: 'string', conversation_id: 'string' },
  error: { code: 'string', detail: 'string' },
  pong: {},
  'server.draining': { reconnect_after_ms: 'number' },
  'message.created': { ...EVENT, id: 'string', text: 'string' },
  'reply.started': { ...REPLY, worker: 'string' },
  'reply.delta': { ...REPLY, index: 'number', text: 'string' },
  'reply.completed': { ...REPLY, parts: 'number', text: 'string', finish_reason: 'string' },
  'reply.failed': { ...REPLY, code: 'string', detail: 'string', retryable: 'boolean' },
  'conversation.updated': { ...EVENT, title: 'string' },
  'conversation.deleted': EVENT,
};

const NOT_EVENTS = new Set<string>(['welcome', 'message.accepted', 'error', 'pong', 'server.draining']);

/** A frame of an unknown type or a wrong shape is `null`, and is skipped. */
export function decodeFrame(text: string): ServerFrame | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const frame = value as Record<string, unknown>;
  const required = Object.hasOwn(REQUIRED, String(frame.type))
    ? REQUIRED[frame.type as ServerFrame['type']]
    : undefined;
  if (!required) return null;
  for (const [field, kind] of Object.entries(required)) {
    if (typeof frame[field] !== kind) return null;
  }
  return frame as unknown as ServerFrame;
}

export function isEvent(frame: ServerFrame): frame is ServerEvent {
  return !NOT_EVENTS.has(frame.type);
}
