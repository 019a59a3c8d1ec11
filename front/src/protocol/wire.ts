/** The frames of the socket, as the contract names them. Types only; no code lives here. */

export type FinishReason = 'stop' | 'length' | 'stopped';

export interface Timings {
  queued_ms: number;
  /** Picked up → first part; null if nothing was said. */
  first_part_ms: number | null;
  total_ms: number;
}

export interface SendOptions {
  profile?: string;
  seed?: number;
  scenario?: string;
}

export interface MessageSend {
  type: 'message.send';
  id: string;
  conversation_id: string;
  text: string;
  options?: SendOptions;
}

export interface ReplyStop {
  type: 'reply.stop';
  conversation_id: string;
  message_id: string;
}

export interface ReplyRegenerate {
  type: 'reply.regenerate';
  id: string;
  conversation_id: string;
  message_id: string;
}

export interface Ping {
  type: 'ping';
  nonce?: string;
}

export type ClientFrame = MessageSend | ReplyStop | ReplyRegenerate | Ping;

export interface Limits {
  frame_bytes?: number;
  text_chars?: number;
  waiting_messages?: number;
}

export interface Welcome {
  type: 'welcome';
  owner: string;
  token?: string | null;
  epoch: string;
  cursor: string;
  resumed: boolean;
  heartbeat_s: number;
  limits: Limits;
}

export interface MessageAccepted {
  type: 'message.accepted';
  id: string;
  conversation_id: string;
  duplicate: boolean;
}

export interface ErrorFrame {
  type: 'error';
  code: string;
  detail: string;
  ref?: string | null;
  retry_after_s?: number | null;
}

export interface Pong {
  type: 'pong';
  nonce?: string | null;
}

export interface ServerDraining {
  type: 'server.draining';
  reconnect_after_ms: number;
}

interface EventFields {
  cursor: string;
  at: string;
  conversation_id: string;
}

interface ReplyFields extends EventFields {
  reply_id: string;
  message_id: string;
  attempt: number;
}

export interface MessageCreated extends EventFields {
  type: 'message.created';
  id: string;
  text: string;
}

export interface ReplyStarted extends ReplyFields {
  type: 'reply.started';
  worker: string;
  restarted?: boolean | null;
}

export interface ReplyDelta extends ReplyFields {
  type: 'reply.delta';
  index: number;
  text: string;
}

export interface ReplyCompleted extends ReplyFields {
  type: 'reply.completed';
  parts: number;
  text: string;
  finish_reason: FinishReason;
  timings?: Timings | null;
}

export interface ReplyFailed extends ReplyFields {
  type: 'reply.failed';
  code: string;
  detail: string;
  retryable: boolean;
}

export interface ConversationUpdated extends EventFields {
  type: 'conversation.updated';
  title: string;
}

export interface ConversationDeleted extends EventFields {
  type: 'conversation.deleted';
}

export type ServerEvent =
  | MessageCreated
  | ReplyStarted
  | ReplyDelta
  | ReplyCompleted
  | ReplyFailed
  | ConversationUpdated
  | ConversationDeleted;

export type ServerFrame = Welcome | MessageAccepted | ErrorFrame | Pong | ServerDraining | ServerEvent;
