/** A server that really listens, and pages on it, for the client's tests. */
import { afterEach, beforeEach } from 'vitest';
import { WebSocket as NodeSocket } from 'ws';
import { FakeServer } from '../../fake/server.mjs';
import { ChatClient } from '../../src/chat/client';
import { MemoryStorage } from '../../src/chat/storage';
import { ChatStore } from '../../src/chat/store';
import { ChatApi } from '../../src/transport/api';

export const OWNER = '11111111-1111-4111-8111-111111111111';
export const CHAT = '22222222-2222-4222-8222-222222222222';
const BOUND_MS = 15_000; // generous: CI machines are slow
export const WAIT_S = 0.2; // the patience a server asks for

export let server: FakeServer;
export const clients: ChatClient[] = [];

export async function until(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + BOUND_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`This did not come true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A page: its store, its client, its storage. The same `storage` again is the same browser after a reload. */
export async function page(storage = new MemoryStorage(), socket: { probeMs?: number; welcomeMs?: number } = {}) {
  const store = new ChatStore((job) => setTimeout(job, 1));
  const url = `${server.url.replace('http', 'ws')}/ws`;
  const client = new ChatClient({
    api: new ChatApi(server.url),
    storage,
    store,
    socket: { url, random: () => 0.01, ...socket },
  });
  clients.push(client);
  await client.start();
  const live = () => until('the socket is open', () => store.state.live);
  const texts = () => (store.state.threads[CHAT]?.turns ?? []).map((turn) => [turn.text, turn.replies.at(-1)?.text]);
  const answered = (count: number) =>
    until(
      `${count} answered`,
      () =>
        (store.state.threads[CHAT]?.turns ?? []).filter((turn) => turn.replies.some((reply) => reply.end)).length ===
        count,
    );
  return { store, client, storage, live, texts, answered };
}

export const sends = () => server.received.filter((frame) => frame.type === 'message.send');

beforeEach(async () => {
  globalThis.WebSocket = NodeSocket as unknown as typeof WebSocket;
  server = await new FakeServer({ owner: OWNER }).listen();
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.stop();
  await server.close();
});
