/** The chat's state as plain data. Only the reducer makes new states. */
import type { ReplyError } from '../protocol/http';
import type { Limits, SendOptions, Timings } from '../protocol/wire';
import type { Connection } from '../transport/socket';

/** One attempt at a reply, by one responder. */
export interface Attempt {
  attempt: number;
  worker: string;
  at: string;
}

export type ReplyEnd =
  | { kind: 'complete'; reason: 'stop' | 'length' }
  | { kind: 'stopped' }
  | { kind: 'failed'; error: ReplyError };

export interface Reply {
  id: string;
  message_id: string;
  at: string;
  text: string;
  /** How many parts `text` holds; the next delta to be applied has this index. */
  parts: number;
  /** Deltas that arrived ahead of a gap (the page was loaded in mid-reply), by index. */
  buffered: Readonly<Record<number, string>>;
  /** Deltas of an attempt below this one are ignored: their text was restarted. */
  minAttempt: number;
  attempts: readonly Attempt[];
  firstAt: string | null;
  lastAt: string | null;
  endAt: string | null;
  timings: Timings | null;
  /** How it was to be made, as its request said; a reply made again may differ from its message. Null: as the server is set. */
  options: SendOptions | null;
  /** When it was stored in Postgres, if loaded from the history. */
  storedAt: string | null;
  end: ReplyEnd | null;
  /** It was requested over /v1, so who requested it reads it there. */
  called?: true;
}

/** A message and every reply to it, oldest first. */
export interface Turn {
  id: string;
  text: string;
  at: string;
  /** The reply or message that it follows; null at the root. A log of the release before does not say (undefined). */
  parent: string | null | undefined;
  replies: readonly Reply[];
  /** How the reply was asked to be made, if it was. */
  options: SendOptions | null;
  /** Replies that were accepted (regenerate) and have not started yet. */
  pendingReplies: number;
  /** The history says that no more events will come, whatever the replies look like. */
  closed: boolean;
}

export interface Thread {
  /** `missing`: the server answered 404, so a retry would not help. */
  loaded: 'no' | 'loading' | 'yes' | 'failed' | 'missing';
  /** Why loading failed, as shown to the user. */
  problem: string | null;
  turns: readonly Turn[];
  /** Replies whose message is not here yet. */
  orphans: readonly Reply[];
  /** Opaque key of the next older page. */
  next: string | null;
  /** The turns from before a full reload of the state; shown until the new page arrives. */
  previous: readonly Turn[] | null;
}

export interface Conversation {
  id: string;
  title: string;
  created_at: string;
  updated_at: string;
  messages: number;
  preview: string;
}

export type OutboxPhase = 'queued' | 'sent' | 'accepted' | 'failed';

export interface OutboxEntry {
  id: string;
  conversation_id: string;
  text: string;
  /** Set for a regenerate: one more reply to that message; `text` is then empty. */
  regenerates?: string;
  /** How many replies to it were known when it was sent: one more has begun already if there are more. */
  repliesBefore?: number;
  /** Set for a stop: the message whose reply is to be stopped; `text` is then empty. */
  stops?: string;
  options?: SendOptions;
  /** What a message follows: a reply, or a message whose newest reply it follows once there is one; null at the root. */
  parent_id?: string | null;
  /** The first message of a new conversation: until it is sent, the server cannot know the conversation. */
  begins?: true;
  createdAt: number;
  phase: OutboxPhase;
  /** How often it was sent; from the first time on its text is fixed. */
  sends: number;
  /** It is being edited, and not sent meanwhile. */
  editing?: true;
  /** Not to be sent before this time (the server deferred it). */
  notBefore?: number;
  problem?: { code: string; detail: string };
}

/** When this page sent its own message and got the confirmation (milliseconds, wall clock). */
export interface Clock {
  typed: number;
  sent?: number;
  accepted?: number;
}

export interface ChatState {
  owner: string | null;
  epoch: string | null;
  /** Empty until the first `welcome`. */
  limits: Partial<Limits>;
  connection: Connection;
  /** True between `welcome` and the loss of the socket. */
  live: boolean;
  conversations: Readonly<Record<string, Conversation>>;
  list: { loaded: 'no' | 'loading' | 'yes' | 'failed'; next: string | null };
  threads: Readonly<Record<string, Thread>>;
  /** Messages that still wait for the end of a reply, by conversation. */
  running: Readonly<Record<string, readonly string[]>>;
  outbox: readonly OutboxEntry[];
  drafts: Readonly<Record<string, string>>;
  pins: Readonly<Record<string, true>>;
  unread: Readonly<Record<string, true>>;
  /** Conversations with a running reply, saved so that they are known after a reload before they are loaded. */
  active: Readonly<Record<string, true>>;
  /** Reply options chosen per conversation (or `new`). */
  options: Readonly<Record<string, SendOptions>>;
  /** By conversation: a message or reply through which the shown path goes, unless it is that of the latest activity. */
  paths: Readonly<Record<string, string>>;
  /** Deleted here, while the deletion can still be undone. */
  deleting: Readonly<Record<string, true>>;
  /** Deleted for good; late events about them are dropped. */
  deleted: Readonly<Record<string, true>>;
  clocks: Readonly<Record<string, Clock>>;
  /** The conversation on the screen, and whether the tab is visible. */
  open: string | null;
  visible: boolean;
  /** Latest finished reply, for the screen reader announcement. */
  lastFinished: { reply_id: string; conversation_id: string; text: string } | null;
}

/** What is saved in this browser between visits. */
export type SavedState = Pick<ChatState, 'outbox' | 'drafts' | 'pins' | 'unread' | 'active' | 'options' | 'paths'>;

export const EMPTY_THREAD: Thread = {
  loaded: 'no',
  problem: null,
  turns: [],
  orphans: [],
  next: null,
  previous: null,
};

export const INITIAL: ChatState = {
  owner: null,
  epoch: null,
  limits: {},
  connection: { phase: 'idle' },
  live: false,
  conversations: {},
  list: { loaded: 'no', next: null },
  threads: {},
  running: {},
  outbox: [],
  drafts: {},
  pins: {},
  unread: {},
  active: {},
  options: {},
  paths: {},
  deleting: {},
  deleted: {},
  clocks: {},
  open: null,
  visible: true,
  lastFinished: null,
};
