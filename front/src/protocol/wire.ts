/** The frames of the socket. Written by `python -m tests.wire_types` from the backend's models: change those. */

export type FinishReason = 'stop' | 'length' | 'stopped';

/** How a reply is to be generated; every field is optional. */
export interface SendOptions {
  profile?: string;
  seed?: number;
  scenario?: string;
}

/** What a client of /v1 named: the model, and of its headers those that tell of the client and hold no secret. */
export interface Call {
  model: string;
  headers: Record<string, string>;
}

/** The limits of what the server accepts, announced in `welcome`. */
export interface Limits {
  frame_bytes: number;
  text_chars: number;
  waiting_messages: number;
}

/** A reply's milliseconds: accepted → picked up, picked up → first part, accepted → end. */
export interface Timings {
  queued_ms: number;
  first_part_ms?: number;
  total_ms: number;
}

/** A message; the first one creates its conversation. `id` is the idempotency key. It follows the message or reply `parent_id`; null begins a new branch at the root; left out, it follows the newest reply: the one to whatever was accepted last in the conversation before it (a message, or a request for one more reply), also where that failed or was stopped. It is decided when its turn has come. A parent may be one that waits or streams. */
export interface MessageSend {
  type: 'message.send';
  id: string;
  conversation_id: string;
  text: string;
  parent_id?: string | null;
  options?: SendOptions;
}

/** Answered by `pong` with the same nonce. */
export interface Ping {
  type: 'ping';
  nonce?: string | number;
}

/** One more reply to the same message. `id` is the idempotency key. */
export interface ReplyRegenerate {
  type: 'reply.regenerate';
  id: string;
  conversation_id: string;
  message_id: string;
  options?: SendOptions;
}

/** Stop the reply to a message, whether it is being made or waits. */
export interface ReplyStop {
  type: 'reply.stop';
  conversation_id: string;
  message_id: string;
}

/** A conversation was deleted, with everything in it. */
export interface ConversationDeleted {
  type: 'conversation.deleted';
  at: string;
  conversation_id: string;
  cursor: string;
}

/** A conversation was renamed. */
export interface ConversationUpdated {
  type: 'conversation.updated';
  at: string;
  conversation_id: string;
  title: string;
  cursor: string;
}

/** The server is about to restart; a close with 1012 follows. */
export interface ServerDraining {
  type: 'server.draining';
  reconnect_after_ms: number;
}

/** A refusal that keeps the socket open; `ref` is the `id` of the frame it answers, `request_id` finds it in the log. */
export interface ErrorFrame {
  type: 'error';
  code: string;
  detail: string;
  ref?: string;
  retry_after_s?: number;
  request_id?: string;
}

/** To the sender only, after the broker's confirm: the message will be answered and stored. */
export interface MessageAccepted {
  type: 'message.accepted';
  id: string;
  conversation_id: string;
  duplicate: boolean;
}

/** A message was accepted. Where `parent_id` is left out, it follows the newest reply of the conversation. */
export interface MessageCreated {
  type: 'message.created';
  at: string;
  conversation_id: string;
  id: string;
  text: string;
  parent_id?: string | null;
  options?: SendOptions;
  cursor: string;
}

/** The answer to `ping`. */
export interface Pong {
  type: 'pong';
  nonce?: string | number;
}

/** The reply is whole (`stop`, `length`) or was stopped (`stopped`). */
export interface ReplyCompleted {
  type: 'reply.completed';
  at: string;
  conversation_id: string;
  reply_id: string;
  message_id: string;
  attempt: number;
  parts: number;
  text: string;
  finish_reason: FinishReason;
  timings: Timings;
  rule?: string;
  cursor: string;
}

/** One part; `index` counts from 0 without a gap. */
export interface ReplyDelta {
  type: 'reply.delta';
  at: string;
  conversation_id: string;
  reply_id: string;
  message_id: string;
  attempt: number;
  index: number;
  text: string;
  cursor: string;
}

/** The reply ended without an answer. `retryable`: sending the message again may help, after `retry_after_s`. */
export interface ReplyFailed {
  type: 'reply.failed';
  at: string;
  conversation_id: string;
  reply_id: string;
  message_id: string;
  attempt: number;
  code: string;
  detail: string;
  retryable: boolean;
  status?: number;
  retry_after_s?: number;
  rule?: string;
  timings?: Timings;
  cursor: string;
}

/** A responder began to answer. `restarted`: the text begins anew at index 0 (a brain that can't continue). `options` are those of this reply, as its request said them; `call` is only there where that came over /v1. */
export interface ReplyStarted {
  type: 'reply.started';
  at: string;
  conversation_id: string;
  reply_id: string;
  message_id: string;
  attempt: number;
  worker: string;
  restarted?: boolean;
  options?: SendOptions;
  call?: Call;
  cursor: string;
}

/** The first frame of every connection. `token` is set for a new owner only. */
export interface Welcome {
  type: 'welcome';
  owner: string;
  token?: string;
  epoch: string;
  cursor: string;
  resumed: boolean;
  heartbeat_s: number;
  limits: Limits;
}

export type ClientFrame = MessageSend | Ping | ReplyRegenerate | ReplyStop;

export type ServerEvent =
  | ConversationDeleted
  | ConversationUpdated
  | MessageCreated
  | ReplyCompleted
  | ReplyDelta
  | ReplyFailed
  | ReplyStarted;

export type ServerFrame = ServerDraining | ErrorFrame | MessageAccepted | Pong | Welcome | ServerEvent;

export type LogType =
  | 'message.created'
  | 'reply.requested'
  | 'reply.started'
  | 'reply.delta'
  | 'reply.completed'
  | 'reply.failed'
  | 'stop.requested'
  | 'conversation.updated'
  | 'conversation.deleted';
