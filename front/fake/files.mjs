/** The fake server's exports and imports. */
import { randomUUID } from 'node:crypto';

export function exported({ id, title, created_at, updated_at, items }) {
  return {
    schema: 'myna.conversation/1',
    exported_at: new Date().toISOString(),
    conversation: { id, title, created_at, updated_at },
    messages: items.map(({ stop: _stop, ...item }) => item),
  };
}

export function asMarkdown({ title, items }) {
  const said = ({ role, text }) =>
    role === 'user' ? `## You\n\n> ${text.replaceAll('\n', '\n> ')}` : `## Myna\n\n${text}`;
  return [`# ${title}`, ...items.map(said)].join('\n\n');
}

/** A conversation with ids and times of its own, as if it had been written now. */
export function imported(id, document) {
  const ids = new Map(document.messages.map((item) => [item.id, randomUUID()]));
  const begun = Date.now();
  const items = document.messages.map((item, place) => ({
    ...item,
    id: ids.get(item.id),
    created_at: new Date(begun + place).toISOString(),
    ...(item.message_id ? { message_id: ids.get(item.message_id) } : {}),
    ...('parent_id' in item ? { parent_id: ids.get(item.parent_id) ?? null } : {}),
  }));
  const now = new Date(begun).toISOString();
  return {
    id,
    title: document.conversation.title,
    created_at: now,
    updated_at: now,
    items,
    seen: new Map(),
    busy: Promise.resolve(),
  };
}
