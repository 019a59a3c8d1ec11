/**
 * The projection of one conversation: events and history pages, in any order, give the same thread.
 * Pure: no clock, no network, no other conversations.
 */
import type { AssistantItem, MessageItem } from '../protocol/http';
import type { ReplyCompleted, ReplyDelta, ReplyFailed, ReplyStarted, SendOptions } from '../protocol/wire';
import type { Reply, ReplyEnd, Thread, Turn } from './state';

export type ReplyEvent = ReplyStarted | ReplyDelta | ReplyCompleted | ReplyFailed;

function emptyReply(id: string, messageId: string, at: string): Reply {
  return {
    id,
    message_id: messageId,
    at,
    text: '',
    parts: 0,
    buffered: {},
    minAttempt: 0,
    attempts: [],
    firstAt: null,
    lastAt: null,
    endAt: null,
    timings: null,
    options: null,
    storedAt: null,
    end: null,
  };
}

/** Appends buffered deltas to the text as far as they follow without a gap. */
function withBuffered(reply: Reply): Reply {
  if (Object.keys(reply.buffered).length === 0) return reply;
  let { text, parts } = reply;
  const buffered: Record<number, string> = {};
  for (const [key, value] of Object.entries(reply.buffered)) if (Number(key) >= parts) buffered[Number(key)] = value;
  for (let next = buffered[parts]; next !== undefined; next = buffered[parts]) {
    text += next;
    delete buffered[parts];
    parts += 1;
  }
  return { ...reply, text, parts, buffered };
}

function started(reply: Reply, event: ReplyStarted): Reply {
  const known = reply.attempts.some((one) => one.attempt === event.attempt);
  const attempts = known
    ? reply.attempts
    : [...reply.attempts, { attempt: event.attempt, worker: event.worker, at: event.at }].sort(
        (a, b) => a.attempt - b.attempt,
      );
  const restarts = event.restarted === true && event.attempt > reply.minAttempt && reply.end === null;
  const next = {
    ...reply,
    attempts,
    options: event.options ?? reply.options,
    ...(event.call ? { called: true as const } : {}),
  };
  return restarts ? { ...next, text: '', parts: 0, buffered: {}, minAttempt: event.attempt } : next;
}

function delta(reply: Reply, event: ReplyDelta): Reply {
  // A failure carries no text, so deltas that arrive after it still count; any other end carries the whole text.
  if ((reply.end && reply.end.kind !== 'failed') || event.index < reply.parts || event.attempt < reply.minAttempt)
    return reply;
  const seen = { ...reply, firstAt: reply.firstAt ?? event.at, lastAt: event.at };
  if (event.index === reply.parts) {
    return withBuffered({ ...seen, text: reply.text + event.text, parts: reply.parts + 1 });
  }
  return { ...seen, buffered: { ...reply.buffered, [event.index]: event.text } };
}

function ended(reply: Reply, at: string, end: ReplyEnd, rest: Partial<Reply>): Reply {
  if (reply.end) return reply;
  return { ...reply, buffered: {}, ...rest, end, endAt: at };
}

function completed(reply: Reply, event: ReplyCompleted): Reply {
  const end: ReplyEnd =
    event.finish_reason === 'stopped' ? { kind: 'stopped' } : { kind: 'complete', reason: event.finish_reason };
  return ended(reply, event.at, end, { text: event.text, parts: event.parts, timings: event.timings ?? null });
}

function failed(reply: Reply, event: ReplyFailed): Reply {
  const error = { code: event.code, detail: event.detail, retryable: event.retryable };
  const timings = event.timings ?? null;
  return ended(reply, event.at, { kind: 'failed', error }, { buffered: reply.buffered, timings });
}

function withEvent(known: Reply, event: ReplyEvent): Reply {
  const reply = event.at < known.at ? { ...known, at: event.at } : known;
  switch (event.type) {
    case 'reply.started':
      return started(reply, event);
    case 'reply.delta':
      return delta(reply, event);
    case 'reply.completed':
      return completed(reply, event);
    case 'reply.failed':
      return failed(reply, event);
  }
}

function endOf(item: AssistantItem): ReplyEnd | null {
  if (item.status === 'stopped') return { kind: 'stopped' };
  if (item.status === 'complete')
    return { kind: 'complete', reason: item.finish_reason === 'length' ? 'length' : 'stop' };
  if (item.status !== 'failed') return null;
  return { kind: 'failed', error: item.error ?? { code: 'failed', detail: 'No reason was given.', retryable: true } };
}

/** Merges a stored reply into the live one; whichever holds more wins. */
function mergedItem(reply: Reply, item: AssistantItem): Reply {
  const end = endOf(item);
  const earlier = item.created_at < reply.at;
  const at = earlier ? item.created_at : reply.at;
  const timings = reply.timings ?? item.timings ?? null;
  const storedAt = item.stored_at ?? reply.storedAt;
  const options = item.options ?? reply.options;
  if (end && !reply.end)
    return { ...reply, text: item.text, parts: item.parts, buffered: {}, end, timings, options, storedAt, at };
  const knowsMore = item.attempt >= reply.minAttempt && item.parts > reply.parts;
  const text = knowsMore && (!reply.end || reply.end.kind === 'failed') ? { text: item.text, parts: item.parts } : {};
  return withBuffered({ ...reply, ...text, timings, options, storedAt, at });
}

/** The order of the log; ids made in the same millisecond sort by creation. */
function before(a: { at: string; id: string }, b: { at: string; id: string }): boolean {
  return a.at === b.at ? a.id < b.id : a.at < b.at;
}

function inserted<T extends { at: string; id: string }>(items: readonly T[], item: T): readonly T[] {
  let index = items.length;
  for (; index > 0; index -= 1) {
    const previous = items[index - 1];
    if (!previous || !before(item, previous)) break;
  }
  return [...items.slice(0, index), item, ...items.slice(index)];
}

function replaced<T>(items: readonly T[], index: number, item: T): readonly T[] {
  const next = items.slice();
  next[index] = item;
  return next;
}

/** The running turn is nearly always the last one, so the search starts at the end. */
function indexOfTurn(turns: readonly Turn[], id: string): number {
  return turns.findLastIndex((turn) => turn.id === id);
}

/** Adds a message, or marks it closed; replies that arrived before it are attached. */
export function withMessage(
  thread: Thread,
  message: {
    id: string;
    text: string;
    at: string;
    parent_id?: string | null | undefined;
    closed?: boolean;
    options?: SendOptions | undefined;
  },
): Thread {
  const index = indexOfTurn(thread.turns, message.id);
  const known = thread.turns[index];
  if (known) {
    if (!message.closed || known.closed) return thread;
    return { ...thread, turns: replaced(thread.turns, index, { ...known, closed: true }) };
  }
  const mine = thread.orphans.filter((reply) => reply.message_id === message.id);
  const replies = mine.reduce<readonly Reply[]>((all, reply) => inserted(all, reply), []);
  const turn: Turn = {
    id: message.id,
    text: message.text,
    at: message.at,
    parent: message.parent_id,
    replies,
    pendingReplies: 0,
    closed: message.closed ?? false,
    options: message.options ?? null,
  };
  const orphans = mine.length > 0 ? thread.orphans.filter((reply) => reply.message_id !== message.id) : thread.orphans;
  return { ...thread, turns: inserted(thread.turns, turn), orphans };
}

function changeReply(
  thread: Thread,
  key: { reply_id: string; message_id: string; at: string },
  change: (reply: Reply) => Reply,
): Thread {
  const index = indexOfTurn(thread.turns, key.message_id);
  const turn = thread.turns[index];
  const home = turn ? turn.replies : thread.orphans;
  const at = home.findIndex((reply) => reply.id === key.reply_id);
  const known = home[at];
  const fresh = emptyReply(key.reply_id, key.message_id, key.at);
  const next = change(known ?? fresh);
  if (next === known) return thread;
  const stays = known?.at === next.at;
  const replies = stays ? replaced(home, at, next) : inserted(known ? home.filter((one) => one !== known) : home, next);
  if (!turn) return { ...thread, orphans: replies };
  const pendingReplies = known ? turn.pendingReplies : Math.max(0, turn.pendingReplies - 1);
  return { ...thread, turns: replaced(thread.turns, index, { ...turn, replies, pendingReplies }) };
}

export function withReplyEvent(thread: Thread, event: ReplyEvent): Thread {
  return changeReply(thread, event, (reply) => withEvent(reply, event));
}

/** Merges one history page, in any order relative to the live events. */
export function withItems(thread: Thread, items: readonly MessageItem[]): Thread {
  let next = thread;
  for (const item of items) {
    if (item.role === 'user') {
      const closed = item.status !== 'waiting' && item.status !== 'streaming';
      const { options, parent_id } = item;
      next = withMessage(next, { id: item.id, text: item.text, at: item.created_at, parent_id, closed, options });
      continue;
    }
    const key = { reply_id: item.id, message_id: item.message_id, at: item.created_at };
    next = changeReply(next, key, (reply) => {
      const merged = mergedItem(reply, item);
      if (!item.worker || merged.attempts.length > 0) return merged;
      return { ...merged, attempts: [{ attempt: item.attempt, worker: item.worker, at: item.created_at }] };
    });
  }
  return next;
}

/**
 * Detects a regenerate that still waits: the message is `waiting`, and its replies have all ended and are on the page.
 * One that has started meanwhile is known by its events, and no longer pending.
 */
export function withWaitingReplies(thread: Thread, items: readonly MessageItem[]): Thread {
  const listed = new Set(items.map((item) => item.id));
  return items.reduce((next, item) => {
    if (item.role !== 'user' || item.status !== 'waiting') return next;
    const turn = next.turns[indexOfTurn(next.turns, item.id)];
    if (!turn || turn.pendingReplies > 0 || turn.replies.length === 0) return next;
    return turn.replies.every((reply) => reply.end && listed.has(reply.id)) ? withPendingReply(next, item.id) : next;
  }, thread);
}

export function withPendingReply(thread: Thread, messageId: string): Thread {
  const index = indexOfTurn(thread.turns, messageId);
  const turn = thread.turns[index];
  return turn
    ? { ...thread, turns: replaced(thread.turns, index, { ...turn, pendingReplies: turn.pendingReplies + 1 }) }
    : thread;
}

/** A turn is open while a reply to it is still to come or to end. */
export function isOpen(turn: Turn): boolean {
  if (turn.pendingReplies > 0 || turn.replies.some((reply) => reply.end === null)) return true;
  return turn.replies.length === 0 && !turn.closed;
}

export function isMessageOpen(thread: Thread, messageId: string): boolean {
  const turn = thread.turns[indexOfTurn(thread.turns, messageId)];
  if (turn) return isOpen(turn);
  return thread.orphans.some((reply) => reply.message_id === messageId && reply.end === null);
}
