/** Selectors: pure functions that derive what the page shows from the state. */
import { isMessage, wasSent } from './outbox';
import type { ChatState, Conversation, OutboxEntry, Turn } from './state';
import { isOpen } from './thread';

export type Delivery = 'waiting' | 'sent' | 'accepted' | 'answered' | 'failed';

export function deliveryOf(turn: Turn): Delivery {
  const ends = turn.replies.map((reply) => reply.end?.kind);
  if (ends.some((kind) => kind === 'complete' || kind === 'stopped')) return 'answered';
  if (ends.length > 0 && ends.every((kind) => kind === 'failed')) return 'failed';
  return 'accepted';
}

/** How many replies a message has, with the one that is still to come. */
export function replyCount(turn: Turn): number {
  return turn.replies.length + (turn.pendingReplies > 0 ? 1 : 0);
}

/** Shown above the composer: never sent, so it can still be edited. */
export function queuedIn(state: Pick<ChatState, 'outbox'>, id: string): readonly OutboxEntry[] {
  return state.outbox.filter(
    (entry) => entry.conversation_id === id && isMessage(entry) && entry.phase === 'queued' && !wasSent(entry),
  );
}

/** Shown in the thread: sent but not confirmed, or refused. */
export function unconfirmedIn(state: Pick<ChatState, 'outbox'>, id: string): readonly OutboxEntry[] {
  return state.outbox.filter(
    (entry) => entry.conversation_id === id && isMessage(entry) && (entry.phase !== 'queued' || wasSent(entry)),
  );
}

const NO_TURNS: readonly Turn[] = [];

/** The turns to show: the loaded ones, or the previous ones while they load. */
export function turnsOf(state: ChatState, id: string): readonly Turn[] {
  const thread = state.threads[id];
  if (!thread) return NO_TURNS;
  if (thread.loaded !== 'yes' && thread.previous && thread.previous.length > thread.turns.length)
    return thread.previous;
  return thread.turns;
}

/** The server answered 404, and nothing was sent there since. */
export function isMissing(state: ChatState, id: string): boolean {
  return state.threads[id]?.loaded === 'missing' && turnsOf(state, id).length === 0;
}

/** The turn that Stop applies to: the oldest open one. */
export function openTurnOf(state: ChatState, id: string): string | null {
  const turns = turnsOf(state, id);
  const known = state.running[id]?.[0];
  return known ?? turns.findLast(isOpen)?.id ?? null;
}

/** A stop was requested for the message, and its reply has not ended yet. */
export function isStopping(state: Pick<ChatState, 'outbox'>, messageId: string): boolean {
  return state.outbox.some((entry) => entry.stops === messageId);
}

/** One more reply was requested, and the server has not confirmed it yet. */
export function isAwaited(state: Pick<ChatState, 'outbox'>, messageId: string): boolean {
  return state.outbox.some((entry) => entry.regenerates === messageId && entry.phase !== 'failed');
}

export interface Group {
  name: string;
  items: readonly Conversation[];
}

const DAY_MS = 86_400_000;

function groupName(updated: string, now: Date): string {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const time = Date.parse(updated);
  if (time >= midnight) return 'Today';
  if (time >= midnight - DAY_MS) return 'Yesterday';
  if (time >= midnight - 7 * DAY_MS) return 'Previous 7 days';
  if (time >= midnight - 30 * DAY_MS) return 'Previous 30 days';
  return 'Older';
}

/** The sidebar: pinned ones first, then by day, newest first. */
export function grouped(state: Pick<ChatState, 'conversations' | 'pins' | 'deleting'>, now: Date): readonly Group[] {
  const all = Object.values(state.conversations)
    .filter((one) => !state.deleting[one.id])
    .sort((a, b) => (a.updated_at < b.updated_at ? 1 : a.updated_at > b.updated_at ? -1 : a.id < b.id ? 1 : -1));
  const groups = new Map<string, Conversation[]>();
  for (const one of all) {
    const name = state.pins[one.id] ? 'Pinned' : groupName(one.updated_at, now);
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  const pinned = groups.get('Pinned');
  groups.delete('Pinned');
  const rest = [...groups].map(([name, items]) => ({ name, items }));
  return pinned ? [{ name: 'Pinned', items: pinned }, ...rest] : rest;
}
