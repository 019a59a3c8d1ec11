/** What the HTTP routes answer. Types only; no code lives here. */
import type { FinishReason, Timings } from './wire';

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface SessionAnswer {
  owner: string;
}

export interface ConversationItem {
  id: string;
  title: string;
  created_at: string;
  updated_at: string;
  messages: number;
  preview: string;
}

export type ItemStatus = 'waiting' | 'streaming' | 'complete' | 'stopped' | 'failed';

export interface UserItem {
  id: string;
  role: 'user';
  text: string;
  status: ItemStatus;
  created_at: string;
}

export interface ReplyError {
  code: string;
  detail: string;
  retryable: boolean;
}

export interface AssistantItem {
  id: string;
  role: 'assistant';
  message_id: string;
  text: string;
  status: ItemStatus;
  attempt: number;
  parts: number;
  finish_reason?: FinishReason | null;
  timings?: Timings | null;
  error?: ReplyError | null;
  worker?: string | null;
  stored_at?: string | null;
  created_at: string;
}

export type MessageItem = UserItem | AssistantItem;

export interface MessagesPage extends Page<MessageItem> {
  cursor: string;
}

export interface Imported {
  id: string;
  title: string;
  messages: number;
  cursor: string;
}

export interface SearchHit {
  conversation_id: string;
  message_id: string;
  role: 'user' | 'assistant';
  snippet: string;
  created_at: string;
}

export interface InLine {
  conversation_id: string;
  message_id: string;
  place: number;
}

export interface PipelineQueue {
  name: string;
  depth?: number | null;
  unacked?: number | null;
  consumers?: number | null;
  publish_rate?: number | null;
  deliver_rate?: number | null;
  records?: number | null;
  first?: number | null;
  last?: number | null;
}

export interface Pipeline {
  broker?: { kind: string; up: boolean; management_url?: string | null; queues: PipelineQueue[] } | null;
  relay?: {
    live?: boolean;
    position?: string | number | null;
    lag_records?: number | null;
    lag_ms?: number | null;
  } | null;
  recorder?: { active?: boolean; stored_position?: string | number | null; pending?: number | null } | null;
  store?: { kind: string; up: boolean } | null;
  sockets?: number | null;
  open_turns?: number | null;
  waiting_turns?: number | null;
  responders?: { worker: string; open: number }[] | null;
  rates?: { messages_per_s?: number | null; events_per_s?: number | null; deltas_per_s?: number | null } | null;
}

/** RFC 9457. */
export interface Problem {
  title?: string;
  status?: number;
  code?: string;
  detail?: string;
}
