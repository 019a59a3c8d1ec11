/** What events of the log, live or replayed, change in the state. Pure but for the draft they are given. */
import type { ServerEvent } from '../protocol/wire';
import { withActivity } from './conversations';
import type { Draft } from './draft';
import { without } from './outbox';
import { EMPTY_THREAD, type OutboxEntry, type Thread } from './state';
import { isMessageOpen, withMessage, withReplyEvent } from './thread';

function putRunning(draft: Draft, id: string, thread: Thread, messageId: string): void {
  const known = draft.state.running[id] ?? [];
  const open = isMessageOpen(thread, messageId);
  if (open === known.includes(messageId)) return;
  const next = open ? [...known, messageId] : known.filter((one) => one !== messageId);
  draft.put('running', id, next.length > 0 ? next : null);
}

/** Puts a conversation's thread in place, of which these messages may have begun or ceased to run. */
export function putThread(draft: Draft, id: string, thread: Thread, touched: readonly string[]): void {
  if (thread === draft.state.threads[id]) return;
  const ran = draft.state.running[id] !== undefined;
  draft.put('threads', id, thread);
  for (const messageId of touched) putRunning(draft, id, thread, messageId);
  const stopped = ({ stops }: OutboxEntry) =>
    stops !== undefined && touched.includes(stops) && !isMessageOpen(thread, stops);
  const { outbox } = draft.state;
  if (outbox.some(stopped))
    draft.set(
      'outbox',
      outbox.filter((entry) => !stopped(entry)),
    );
  const runs = draft.state.running[id] !== undefined;
  // What ran before this page was loaded is not known to have ended until the conversation is loaded.
  if (thread.loaded === 'yes' || runs || ran) draft.put('active', id, runs ? true : null);
}

const OF_ONE_CONVERSATION = [
  'conversations',
  'threads',
  'running',
  'pins',
  'unread',
  'active',
  'options',
  'paths',
  'deleting',
  'drafts',
] as const;

function remove(draft: Draft, id: string): void {
  draft.put('deleted', id, true);
  for (const name of OF_ONE_CONVERSATION) draft.put(name, id, null);
  draft.set(
    'outbox',
    draft.state.outbox.filter((entry) => entry.conversation_id !== id),
  );
}

function isCall(
  thread: Thread | undefined,
  { message_id, reply_id }: { message_id: string; reply_id: string },
): boolean {
  const turn = thread?.turns.findLast((one) => one.id === message_id);
  return turn?.replies.some((reply) => reply.id === reply_id && reply.called) ?? false;
}

function putEnd(draft: Draft, event: Extract<ServerEvent, { type: 'reply.completed' | 'reply.failed' }>): void {
  const { conversation_id: id, reply_id } = event;
  const { deleting, open, visible, conversations } = draft.state;
  const unseen = !deleting[id] && (open !== id || !visible) && !isCall(draft.state.threads[id], event);
  const text = event.type === 'reply.completed' ? event.text : `The reply failed. ${event.detail}`;
  const known = conversations[id];
  if (event.type === 'reply.completed' && known)
    draft.put('conversations', id, withActivity(known, id, text, event.at, false));
  if (unseen) draft.put('unread', id, true);
  draft.set('lastFinished', { reply_id, conversation_id: id, text });
}

export function applyEvent(draft: Draft, event: ServerEvent): void {
  const id = event.conversation_id;
  const { deleted, threads, conversations, outbox } = draft.state;
  if (deleted[id]) return;
  const thread = threads[id] ?? EMPTY_THREAD;
  const known = conversations[id];
  switch (event.type) {
    case 'conversation.deleted':
      remove(draft, id);
      return;
    case 'conversation.updated':
      if (known) draft.put('conversations', id, { ...known, title: event.title });
      return;
    case 'message.created': {
      const sent = outbox.find((entry) => entry.id === event.id);
      const { options = sent?.options, parent_id } = event;
      const grown = withMessage(thread, { id: event.id, text: event.text, at: event.at, parent_id, options });
      draft.set('outbox', without(outbox, event.id));
      putThread(draft, id, grown, [event.id]);
      if (grown !== thread) draft.put('conversations', id, withActivity(known, id, event.text, event.at, true));
      return;
    }
    default: {
      const grown = withReplyEvent(thread, event);
      if (grown === thread) return;
      putThread(draft, id, grown, [event.message_id]);
      if (event.type === 'reply.completed' || event.type === 'reply.failed') putEnd(draft, event);
    }
  }
}
