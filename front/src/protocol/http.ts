/** What the HTTP routes answer. Written by `python -m tests.wire_types` from the backend's models: change those. */
import type { FinishReason, Timings } from './wire.ts';

/** A reply to the message `message_id`, which is its `parent_id` too. */
export interface AssistantItem {
  id: string;
  role: 'assistant';
  text: string;
  status: 'waiting' | 'streaming' | 'complete' | 'stopped' | 'failed';
  created_at: string;
  message_id: string;
  parent_id: string;
  options?: SendOptions;
  attempt: number;
  parts: number;
  finish_reason?: FinishReason;
  timings?: Timings;
  worker?: string;
  error?: ReplyError;
  stored_at?: string;
}

/** One line of the conversation list; `messages` counts both sides. */
export interface ConversationItem {
  id: string;
  title: string;
  created_at: string;
  updated_at: string;
  messages: number;
  preview: string;
}

/** A page of the list; `next` is the `before` of the page after it, null at the end. */
export interface ConversationsPage {
  items: ConversationItem[];
  next: string | null;
}

/** A parked message; `reason` is the broker's, `detail` says what is wrong with the body. A cut body shows its beginning. */
export interface DeadLetterItem {
  id: string;
  reason: string;
  detail: string;
  dead_lettered_at: string | null;
  headers: Record<string, string>;
  size: number;
  encoding: 'utf-8' | 'base64';
  body: string;
  cut: boolean;
  owner: string | null;
  conversation_id: string | null;
  text: string | null;
}

/** One of them with its way: what the log has of it, without texts, to its end if `way_complete`. It was given out `tries` times at least. `editable`: requeue takes another text. */
export interface DeadLetterWhole {
  id: string;
  reason: string;
  detail: string;
  dead_lettered_at: string | null;
  headers: Record<string, string>;
  size: number;
  encoding: 'utf-8' | 'base64';
  body: string;
  cut: boolean;
  owner: string | null;
  conversation_id: string | null;
  text: string | null;
  tries: number;
  editable: boolean;
  way: LogItem[];
  way_complete: boolean;
}

/** A page of them, newest first; `next` is the `before` of the page after it, null at the end. */
export interface DeadLettersPage {
  items: DeadLetterItem[];
  next: string | null;
}

/** What was done; `after` is the offset in the log before it. */
export interface FaultBegun {
  name: string;
  until: string | null;
  after: number;
  what: string;
}

/** A page of hits. */
export interface HitsPage {
  items: SearchHit[];
  next: string | null;
}

/** The conversation that came back, with so many messages and replies; `cursor` reads it whole on any node. */
export interface Imported {
  id: string;
  title: string;
  messages: number;
  cursor: string;
}

/** The newest replies, the newest last. */
export interface Journal {
  items: JournalEntry[];
}

/** One reply: what was sent, what was followed, what came of it. */
export interface JournalEntry {
  id: string;
  message_id: string;
  conversation_id: string;
  at: string;
  text: string;
  options: Record<string, unknown>;
  model: string | null;
  headers: Record<string, string>;
  status: 'streaming' | 'complete' | 'stopped' | 'failed';
  rule: string | null;
  reply: string | null;
  finish_reason: string | null;
  error: ReplyError | null;
  timings: Timings | null;
}

/** What is here; `responders` is null where this node runs none. */
export interface Lab {
  broker: 'rabbitmq' | 'embedded';
  database: 'postgres' | 'embedded';
  responders: LabResponders | null;
  faults: LabFault[];
}

/** Something that can be broken here; `seconds` is null where it is over at once, `until` stands while it lasts. */
export interface LabFault {
  name: string;
  about: string;
  seconds: LabSeconds | null;
  until: string | null;
}

/** The promises over the events of all owners, between two offsets; `green` while none is broken. */
export interface LabLedger {
  epoch: string;
  from: number;
  to: number;
  last: number;
  green: boolean;
  accepted: number;
  answered: number;
  open: number;
  failed: number;
  lost: number;
  doubled: number;
  out_of_order: number;
  leaked: number;
  broken: number;
  faults: string[];
}

/** This node's own responders, as many as are wanted and with which prefetch each; those that leave are not listed. */
export interface LabResponders {
  count: number;
  prefetch: number;
  max_count: number;
  max_prefetch: number;
  workers: LabWorker[];
}

/** How long a fault lasts. */
export interface LabSeconds {
  default: number;
  min: number;
  max: number;
}

/** A responder of this node, with so many deliveries in hand and replies open in it. */
export interface LabWorker {
  worker: string;
  state: 'running' | 'paused' | 'away';
  in_hand: number;
}

/** A line of a record: `line` of `lines`. `event` is null where the line is none; without texts, one is `{"chars": 5}`. */
export interface LogItem {
  offset: number;
  line: number;
  lines: number;
  key: string;
  bytes: number;
  content_type: string;
  type: string | null;
  at: string | null;
  event: Record<string, unknown> | null;
}

/** A page of the log: `first` and `last` are the offsets kept, `after` and `before` lead to the next page and the one before. */
export interface LogLines {
  items: LogItem[];
  epoch: string;
  first: number | null;
  last: number | null;
  after: number;
  before: number | null;
}

/** A page of a conversation, complete up to `cursor`. */
export interface MessagesPage {
  items: (UserItem | AssistantItem)[];
  next: string | null;
  cursor: string;
}

/** How replies were to be made, as the client said it. */
export interface SendOptions {
  profile?: string;
  seed?: number;
  scenario?: string;
}

/** The pipeline in numbers; null is unknown. `lab`: whether the routes below /api/lab exist. */
export interface Pipeline {
  broker: PipelineBroker;
  relay: PipelineRelay;
  recorder: PipelineRecorder;
  store: PipelineStore;
  sockets: number;
  open_turns: number;
  waiting_turns: number;
  responders: PipelineWorker[];
  rates: PipelineRates;
  lab: boolean;
}

/** The broker; no queues where it is away or too slow to answer. */
export interface PipelineBroker {
  kind: 'rabbitmq' | 'embedded';
  up: boolean;
  management_url: string | null;
  vhost: string | null;
  queues: PipelineQueue[];
}

/** The log's life, and its first and last offset; null while it is empty or the broker away. */
export interface PipelineLog {
  epoch: string;
  first: number | null;
  last: number | null;
}

/** A queue as the broker sees it. */
export interface PipelineQueue {
  name: string;
  depth: number | null;
  unacked: number | null;
  consumers: number | null;
}

/** What this node read in the log, a second, of late; null while it catches up. */
export interface PipelineRates {
  messages_per_s: number | null;
  events_per_s: number | null;
  deltas_per_s: number | null;
  ends_per_s: number | null;
}

/** How far the log is stored; `active` on the node that stores. */
export interface PipelineRecorder {
  active: boolean;
  stored_position: number | null;
  pending: number;
}

/** How far this node has read the log. */
export interface PipelineRelay {
  live: boolean;
  position: number;
  lag_ms: number | null;
}

/** A responder and the replies it has begun; of this node's own (`here`) also what it is set to. */
export interface PipelineResponder {
  worker: string;
  open: number;
  here: boolean;
  prefetch: number | null;
  state: 'running' | 'paused' | 'away' | null;
}

/** The database. */
export interface PipelineStore {
  up: boolean;
}

/** An open turn, requested at this offset of the log. Only the caller's own have ids. */
export interface PipelineTurn {
  stage: 'waiting' | 'picked_up' | 'streaming';
  mine: boolean;
  offset: number;
  age_ms: number;
  worker: string | null;
  attempt: number;
  parts: number;
  conversation_id?: string;
  message_id?: string;
  reply_id?: string;
}

/** The picture: open turns in the order of the log, the first 500 and `more`; `held` wait in this node and are not accepted yet. */
export interface PipelineTurns {
  at: string;
  node: string;
  log: PipelineLog;
  relays: RelayPosition[];
  recorder: RecorderPosition;
  tab?: TabPosition;
  responders: PipelineResponder[];
  held: number;
  turns: PipelineTurn[];
  more: number;
  rates: TurnRates;
}

/** A responder and the replies it has begun. */
export interface PipelineWorker {
  worker: string;
  open: number;
}

/** An error (RFC 9457); `code` is one of the error codes, `detail` a sentence for people, `request_id` finds it in the log. */
export interface Problem {
  type: 'about:blank';
  title: string;
  status: number;
  code: string;
  detail: string;
  request_id: string;
}

/** A message whose reply nobody has begun; `place` 1 is next. */
export interface QueuePosition {
  conversation_id: string;
  message_id: string;
  place: number;
}

/** What waits of this owner, first to last. */
export interface QueuePositions {
  items: QueuePosition[];
  next: null;
}

/** How far the log is stored, by whichever node records; `active`: by this one. */
export interface RecorderPosition {
  active: boolean;
  position: number | null;
  pending: number;
}

/** How far a node has read the log. */
export interface RelayPosition {
  node: string;
  position: number;
  live: boolean;
  lag_ms: number | null;
}

/** Why there is no reply. */
export interface ReplyError {
  code: string;
  detail: string;
  retryable: boolean;
}

/** It goes to a responder again. */
export interface Requeued {
  id: string;
  log: RequeuedLog;
}

/** What was published behind the offset `after`: to chat_queue, and where `type` is not null, to the log. */
export interface RequeuedLog {
  after: number;
  key: string;
  type: string | null;
  reply_id: string | null;
  conversation_id: string | null;
  what: string;
}

/** A message or reply that matches, with its conversation's title; `message_id` is the message to show it under, `id` its own. With `in_title`, the title matches, and the rest is of what was said last in the conversation. */
export interface SearchHit {
  conversation_id: string;
  title: string;
  message_id: string;
  id: string;
  role: 'user' | 'assistant';
  snippet: string;
  created_at: string;
  in_title?: boolean;
}

/** An owner and the token that proves it, also set as a cookie. */
export interface SessionAnswer {
  owner: string;
  token: string;
}

/** Where a cursor is. */
export interface TabPosition {
  position: number;
}

/** What this node read in the log a second, over the last `seconds`; null while it catches up. */
export interface TurnRates {
  messages_per_s: number | null;
  events_per_s: number | null;
  deltas_per_s: number | null;
  ends_per_s: number | null;
  seconds: number;
}

/** A message of a person, and what it follows: a message or reply, or null at the root. */
export interface UserItem {
  id: string;
  role: 'user';
  text: string;
  status: 'waiting' | 'streaming' | 'complete' | 'stopped' | 'failed';
  created_at: string;
  parent_id: string | null;
  options?: SendOptions;
  stored_at?: string;
}

export type MessageItem = UserItem | AssistantItem;
