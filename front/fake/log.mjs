/** The fake's `GET /api/log`: a record holds one event here, at the offset of its place. */
import { setTimeout as sleep } from 'node:timers/promises';

export async function logPage(server, owner, url) {
  const number = (name) => (url.searchParams.has(name) ? Number(url.searchParams.get(name)) : null);
  const after = number('after');
  const deadline = Date.now() + 1000 * (number('wait_s') ?? 0);
  const found = () => wanted(server, owner, url).filter(({ offset }) => after === null || offset > after);
  while (found().length === 0 && Date.now() < deadline) await sleep(100);
  const before = number('before') ?? server.log.length;
  const limit = number('limit') ?? 50;
  const items = after === null ? found().filter(({ offset }) => offset < before) : found();
  const page = after === null ? items.slice(-limit) : items.slice(0, limit);
  const last = server.log.length - 1;
  const more = page.length < items.length;
  return {
    items: page,
    epoch: server.epoch,
    first: last < 0 ? null : 0,
    last: last < 0 ? null : last,
    after: after === null ? before - 1 : more ? page.at(-1).offset : Math.max(after, last),
    before: after === null ? (more ? page[0].offset : null) : after + 1 || null,
  };
}

function wanted(server, owner, url) {
  const shapes = url.searchParams.get('view') === 'operator';
  const types = url.searchParams.get('type')?.split(',');
  return server.log
    .map((record, offset) => ({ ...record, offset }))
    .filter((record) => shapes || record.owner === owner)
    .filter(({ event }) => !types || types.includes(event.type))
    .filter(({ event }) =>
      ['conversation_id', 'reply_id'].every((name) => {
        const value = url.searchParams.get(name);
        return value === null || event[name] === value;
      }),
    )
    .map((record) => item(record, shapes));
}

function item({ owner, event: { cursor: _, ...event }, offset }, shape) {
  const shown = shape && event.text !== undefined ? { ...event, text: { chars: event.text.length } } : event;
  return {
    offset,
    line: 0,
    lines: 1,
    key: event.type === 'message.created' ? 'message' : 'event',
    bytes: JSON.stringify(event).length,
    content_type: 'application/json',
    type: event.type,
    at: event.at,
    event: { owner, ...shown },
  };
}
