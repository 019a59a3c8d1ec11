/** Many replies at once to whoever connects, at a given number of events a second: for measuring the page. */
import { randomUUID } from 'node:crypto';

const CONVERSATIONS = 100;
const PARTS = 200; // of one reply
const EVERY_MS = 10; // frames come in bursts of so long, as from a relay that reads batches
const LONGEST_GAP_MS = 1000; // what a stalled process has missed beyond that is not made up

/** Streams to each owner with an open socket, until the server is closed. */
export function flood(server, eventsPerS) {
  const streams = new Map();
  let [last, due] = [Date.now(), 0];
  server.schedule(EVERY_MS, function next() {
    const now = Date.now();
    due += (Math.min(now - last, LONGEST_GAP_MS) * eventsPerS) / 1000;
    last = now;
    const owners = new Set([...server.sockets].map((one) => one.owner));
    for (const owner of owners) {
      if (!streams.has(owner)) streams.set(owner, replies());
      for (let left = Math.floor(due); left > 0; left -= 1) server.emit(owner, streams.get(owner).next().value);
    }
    due -= Math.floor(due);
    server.schedule(EVERY_MS, next);
  });
}

/** Events without end: a reply in each conversation, their parts in turn. */
function* replies() {
  const conversations = Array.from({ length: CONVERSATIONS }, () => randomUUID());
  for (;;) {
    const open = conversations.map((conversation_id) => ({
      conversation_id,
      id: randomUUID(),
      reply_id: randomUUID(),
    }));
    const of = (one) => ({ ...one, message_id: one.id, attempt: 1, id: undefined });
    for (const one of open)
      yield {
        type: 'message.created',
        conversation_id: one.conversation_id,
        id: one.id,
        text: 'measured',
        parent_id: null,
      };
    for (const one of open) yield { type: 'reply.started', ...of(one), worker: 'worker-1' };
    for (let index = 0; index < PARTS; index += 1)
      for (const one of open) yield { type: 'reply.delta', ...of(one), index, text: 'word ' };
    for (const one of open)
      yield { type: 'reply.completed', ...of(one), parts: PARTS, text: 'word '.repeat(PARTS), finish_reason: 'stop' };
  }
}
