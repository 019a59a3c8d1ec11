/** The path shown of each conversation: how it follows what the user sends, edits and takes back. Pure. */
import { changed, isMessage, type OutboxAction, wasSent } from './outbox';
import { toggled } from './records';
import { turnsOf } from './selectors';
import type { ChatState, OutboxEntry, Turn } from './state';
import { endOf, isOn, pathOf, type Step } from './tree';

/** A message on its way, as a turn of the tree that nobody has answered; it has no time of the server's yet. */
function turnOf(entry: OutboxEntry): Turn {
  return {
    id: entry.id,
    text: entry.text,
    at: '',
    parent: entry.parent_id,
    replies: [],
    options: entry.options ?? null,
    pendingReplies: 0,
    closed: false,
  };
}

/** The turns of a conversation with the messages that are on their way; a refused one is no part of the tree. */
export function turnsWith(turns: readonly Turn[], entries: readonly OutboxEntry[]): readonly Turn[] {
  if (entries.length === 0) return turns;
  const known = new Set(turns.map((turn) => turn.id));
  const added = entries.filter((entry) => entry.phase !== 'failed' && !known.has(entry.id));
  return added.length > 0 ? [...turns, ...added.map(turnOf)] : turns;
}

export function messagesOf(outbox: readonly OutboxEntry[], id: string): readonly OutboxEntry[] {
  return outbox.filter((entry) => entry.conversation_id === id && isMessage(entry));
}

export function shownPath(state: ChatState, id: string): readonly Step[] {
  return pathOf(turnsWith(turnsOf(state, id), messagesOf(state.outbox, id)), state.paths[id]);
}

/** What the next message follows; undefined where nothing is known of the conversation, so that the server decides. */
export function nextParent(state: ChatState, id: string): string | undefined {
  return endOf(shownPath(state, id));
}

/** The message or reply that stands for the shown path in an address; none for the path of the latest activity. */
export function branchOf(state: ChatState, id: string): string | undefined {
  const tip = state.paths[id];
  if (tip === undefined) return undefined;
  const { [id]: _tip, ...paths } = state.paths;
  return nextParent(state, id) === nextParent({ ...state, paths }, id) ? undefined : tip;
}

/** Shows the path through a message or reply, unless it is shown already. */
export function onPathChosen(state: ChatState, id: string, tip: string): ChatState {
  if (isOn(shownPath(state, id), tip)) return state;
  return { ...state, paths: toggled(state.paths, id, tip) };
}

/** The path goes to what was sent, if it leaves the shown one; a path that was chosen stays with what is said on it. */
function onAdded(state: ChatState, entry: OutboxEntry): ChatState {
  const { conversation_id: id, parent_id, regenerates } = entry;
  if (regenerates) return { ...state, paths: toggled(state.paths, id, regenerates) };
  if (!isMessage(entry) || parent_id === undefined) return state;
  const leaves = (nextParent(state, id) ?? null) !== parent_id;
  return leaves || state.paths[id] ? { ...state, paths: toggled(state.paths, id, entry.id) } : state;
}

/** What followed one message of the outbox, and the path through it, follows another instead. */
function redirected(state: ChatState, id: string, from: string, to: string | null | undefined): ChatState {
  const outbox = state.outbox.map((entry): OutboxEntry => {
    if (entry.parent_id !== from) return entry;
    const { parent_id: _parent, ...rest } = entry;
    return to === undefined ? rest : { ...rest, parent_id: to };
  });
  const paths = state.paths[id] === from ? toggled(state.paths, id, to ?? null) : state.paths;
  return { ...state, outbox, paths };
}

/** Called with the state before the outbox changes: its paths and parents, as they have to be after the change. */
export function withPathFor(state: ChatState, action: OutboxAction): ChatState {
  if (action.type === 'outbox.added') return onAdded(state, action.entry);
  const entry = state.outbox.find((one) => one.id === action.id);
  if (!entry) return state;
  if (action.type === 'outbox.dropped') return redirected(state, entry.conversation_id, entry.id, entry.parent_id);
  if (action.type === 'outbox.sent') return withSendingFixed(state, entry);
  if (action.type === 'outbox.edited' || action.type === 'outbox.retried')
    return redirected(state, entry.conversation_id, entry.id, action.newId);
  return state;
}

/** What is fixed when an entry is sent for the first time. */
function withSendingFixed(state: ChatState, entry: OutboxEntry): ChatState {
  if (wasSent(entry)) return state;
  const parent_id = parentToSend(state, entry);
  const repliesBefore = turnIn(state, entry.conversation_id, entry.regenerates)?.replies.length;
  const outbox = changed(state.outbox, entry.id, (one) => ({
    ...one,
    ...(parent_id === undefined ? {} : { parent_id }),
    ...(repliesBefore === undefined ? {} : { repliesBefore }),
  }));
  return { ...state, outbox };
}

function turnIn(state: ChatState, conversation: string, id: string | null | undefined): Turn | undefined {
  return id ? turnsOf(state, conversation).findLast((one) => one.id === id) : undefined;
}

/** A message was refused for good: what was to follow it follows what it would have followed. */
export function withoutRefused(state: ChatState, id: string): ChatState {
  const entry = state.outbox.find((one) => one.id === id);
  if (entry?.phase !== 'failed' || !isMessage(entry)) return state;
  return redirected(state, entry.conversation_id, entry.id, entry.parent_id);
}

/**
 * What a message is sent to follow: one that was answered meanwhile is followed through its newest reply.
 * Once it was sent it stays, as what is sent again under the same id has to be the same message.
 */
export function parentToSend(state: ChatState, entry: OutboxEntry): string | null | undefined {
  const { parent_id } = entry;
  if (!parent_id || wasSent(entry)) return parent_id;
  return turnIn(state, entry.conversation_id, parent_id)?.replies.at(-1)?.id ?? parent_id;
}
