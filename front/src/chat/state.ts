/** The chat's state as plain data. Nothing here does anything; the reducer alone makes new ones. */
import type { ReplyError } from '../protocol/http';
import type { Limits, SendOptions, Timings } from '../protocol/wire';
import type { Link } from '../transport/socket';

/** One try at a reply, by one responder. */
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
  /** Deltas that came before their turn (a page read in mid-reply), by index. */
  ahead: Readonly<Record<number, string>>;
  /** Deltas of an attempt below this one belong to a text that was begun anew. */
  floor: number;
  attempts: readonly Attempt[];
  firstAt: string | null;
  lastAt: string | null;
  endAt: string | null;
  timings: Timings | null;
  /** When Postgres had it, if anybody asked. */
  storedAt: string | null;
  end: ReplyEnd | null;
}

/** A message and every reply to it, oldest first. */
export interface Turn {
  id: string;
  text: string;
  at: string;
  replies: readonly Reply[];
  /** Versions asked for and accepted, of which nothing has been seen yet. */
  awaited: number;
  /** The store says that nothing more will come, whatever the replies look like. */
  closed: boolean;
}

export interface Thread {
  /** `missing`: the server knows no such conversation, and asking again would not change that. */
  loaded: 'no' | 'loading' | 'yes' | 'failed' | 'missing';
  /** Why reading failed, in words for the reader. */
  problem: string | null;
  turns: readonly Turn[];
  /** Replies whose message is not here yet. */
  orphans: readonly Reply[];
  /** Opaque key of the next older page. */
  next: string | null;
  /** What stood here before the state was read anew; shown until the new page arrives. */
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

export type OutboxPhase = 'held' | 'sent' | 'accepted' | 'failed';

export interface OutboxEntry {
  id: string;
  conversation_id: string;
  text: string;
  /** Set when this asks for one more reply to that message; `text` is then empty. */
  regenerates?: string;
  options?: SendOptions;
  /** The conversation begins with it, so until it has left nobody else can know the conversation. */
  begins?: true;
  typedAt: number;
  phase: OutboxPhase;
  /** How often it left this page; once it did, its text is fixed. */
  sends: number;
  /** Somebody is changing its text at this moment: it waits for them. */
  editing?: true;
  /** Not before this moment (the server asked for patience). */
  notBefore?: number;
  problem?: { code: string; detail: string };
}

/** What outlives the page, in this browser. */
export interface Kept {
  outbox: readonly OutboxEntry[];
  drafts: Readonly<Record<string, string>>;
  pins: Readonly<Record<string, true>>;
  unread: Readonly<Record<string, true>>;
}

/** When this page saw its own message take each step (milliseconds of the wall clock). */
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
  link: Link;
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
  /** Deleted here, still to be undone. */
  leaving: Readonly<Record<string, true>>;
  /** Deleted for good; late events about them are dropped. */
  gone: Readonly<Record<string, true>>;
  clocks: Readonly<Record<string, Clock>>;
  /** The conversation on the screen, and whether anybody can see it. */
  open: string | null;
  visible: boolean;
  /** Latest finished reply, for the screen reader's polite word. */
  lastFinished: { reply_id: string; conversation_id: string; text: string } | null;
}

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
  link: { phase: 'idle' },
  live: false,
  conversations: {},
  list: { loaded: 'no', next: null },
  threads: {},
  running: {},
  outbox: [],
  drafts: {},
  pins: {},
  unread: {},
  leaving: {},
  gone: {},
  clocks: {},
  open: null,
  visible: true,
  lastFinished: null,
};
