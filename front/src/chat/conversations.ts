/** The list of conversations: what is known of each from pages, events and unsent messages. Pure. */
import type { ConversationItem, ConversationsPage } from '../protocol/http';
import type { ChatState, Conversation } from './state';
import { titleFrom } from './title';

/** A conversation whose messages all wait in the outbox is listed too; it has no messages yet. */
export function withUnsentConversations(state: ChatState): ChatState {
  const conversations: Record<string, ConversationItem> = {};
  for (const [id, one] of Object.entries(state.conversations)) {
    if (one.messages > 0 || state.outbox.some((entry) => entry.conversation_id === id)) conversations[id] = one;
  }
  for (const { conversation_id: id, text, createdAt, begins } of state.outbox) {
    if (!begins || conversations[id]) continue;
    const at = new Date(createdAt).toISOString();
    conversations[id] = { id, title: titleFrom(text), created_at: at, updated_at: at, messages: 0, preview: '' };
  }
  return { ...state, conversations };
}

/** The conversation after a message or a reply; one that was not known begins with it. */
export function withActivity(
  known: Conversation | undefined,
  id: string,
  text: string,
  at: string,
  counts: boolean,
): Conversation {
  const preview = text.slice(0, 160);
  if (!known) return { id, title: titleFrom(text), created_at: at, updated_at: at, messages: 1, preview };
  const updated_at = at > known.updated_at ? at : known.updated_at;
  return { ...known, updated_at, preview, messages: known.messages + (counts ? 1 : 0) };
}

export function onListLoaded(state: ChatState, page: ConversationsPage, older: boolean): ChatState {
  const conversations: Record<string, ConversationItem> = older ? { ...state.conversations } : {};
  if (!older) {
    // Conversations known from live events that the page does not reach stay.
    const known = new Set(page.items.map((item) => item.id));
    for (const [id, one] of Object.entries(state.conversations)) {
      const hasTurns = (state.threads[id]?.turns.length ?? 0) > 0;
      if (!known.has(id) && (hasTurns || page.next !== null)) conversations[id] = one;
    }
  }
  for (const item of page.items) if (!state.deleted[item.id]) conversations[item.id] = item;
  return withUnsentConversations({ ...state, conversations, list: { loaded: 'yes', next: page.next } });
}
