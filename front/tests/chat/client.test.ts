/** The client against a server that really listens: cuts, silence, refusals, resumes. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket as NodeSocket } from 'ws';
import { FakeServer } from '../../fake/server.mjs';
import { ChatClient } from '../../src/chat/client';
import { MemoryStorage } from '../../src/chat/storage';
import { ChatStore } from '../../src/chat/store';
import { ChatApi } from '../../src/transport/api';

const OWNER = '11111111-1111-4111-8111-111111111111';
const CHAT = '22222222-2222-4222-8222-222222222222';
const BOUND_MS = 15_000; // generous: CI machines are slow
const WAIT_S = 0.2; // the patience a server asks for

let server: FakeServer;
const clients: ChatClient[] = [];

async function until(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + BOUND_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`This did not come true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A page: its store, its client, its storage. The same `storage` again is the same browser after a reload. */
async function page(storage = new MemoryStorage(), socket: { probeMs?: number; welcomeMs?: number } = {}) {
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

const sends = () => server.received.filter((frame) => frame.type === 'message.send');

beforeEach(async () => {
  globalThis.WebSocket = NodeSocket as unknown as typeof WebSocket;
  server = await new FakeServer({ owner: OWNER }).listen();
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.stop();
  await server.close();
});

describe('sending', () => {
  it('sends, is accepted, streams and completes', async () => {
    const { client, live, answered, texts, store } = await page();
    await live();
    client.send(CHAT, '/echo one two three');
    await answered(1);
    expect(texts()).toEqual([['/echo one two three', 'one two three']]);
    expect(store.state.outbox).toEqual([]);
    const [id] = sends().map((frame) => frame.type === 'message.send' && frame.id);
    expect(store.state.clocks[String(id)]).toMatchObject({
      typed: expect.any(Number),
      sent: expect.any(Number),
      accepted: expect.any(Number),
    });
  });

  it('holds the next message while a reply runs, and sends in order', async () => {
    const { client, live, answered, texts, store } = await page();
    await live();
    client.send(CHAT, '/echo a', {}, true);
    for (const text of ['/echo b', '/echo c']) client.send(CHAT, text);
    expect(store.state.outbox.filter((entry) => entry.phase === 'queued')).toHaveLength(2);
    await answered(3);
    expect(texts().map(([said]) => said)).toEqual(['/echo a', '/echo b', '/echo c']);
    expect(sends()).toHaveLength(3);
  });

  it('still holds queued messages after a reload in the middle of a reply, also in the background', async () => {
    const before = await page();
    await before.live();
    before.client.send(CHAT, '/list');
    await until('it has begun', () => (before.texts()[0]?.[1]?.length ?? 0) > 20);
    before.client.send(CHAT, '/echo second');
    before.client.leavePage();
    before.client.stop();
    let running = 0;
    server.script = (frame, connection) => {
      if (frame.type !== 'message.send') return false;
      const items = server.conversationsOf(connection.owner).get(CHAT)?.items ?? [];
      running += items.filter((item) => item.status === 'streaming').length;
      return false;
    };
    const after = await page(before.storage);
    await after.answered(2);
    expect(running).toBe(0);
    expect(after.texts().map(([said]) => said)).toEqual(['/list', '/echo second']);
    expect(sends()).toHaveLength(2);
  });

  it('keeps what was written before there was a connection, over a reload, and sends it once', async () => {
    server.accepting = false;
    const before = await page();
    before.client.send(CHAT, '/echo one');
    before.client.send(CHAT, '/echo two');
    before.client.leavePage();
    before.client.stop();
    server.accepting = true;
    const after = await page(before.storage);
    await after.answered(2);
    expect(after.texts().map(([said]) => said)).toEqual(['/echo one', '/echo two']);
    expect(sends()).toHaveLength(2);
  });

  it('sends again what was not confirmed when the connection was lost, under the same id', async () => {
    let swallowed = 0;
    server.script = (frame, connection) => {
      if (frame.type !== 'message.send' || swallowed > 0) return false;
      swallowed += 1;
      connection.ws.terminate();
      return true;
    };
    const { client, live, answered, texts } = await page();
    await live();
    client.send(CHAT, '/echo once');
    await answered(1);
    const ids = sends().map((frame) => (frame.type === 'message.send' ? frame.id : ''));
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect(texts()).toEqual([['/echo once', 'once']]);
  });

  it('makes no second message when only the confirmation was lost', async () => {
    server.script = (frame, connection) => {
      if (frame.type !== 'message.send' || server.received.length > 1) return false;
      server.script = null;
      server.emit(connection.owner, { type: 'message.created', conversation_id: CHAT, id: frame.id, text: frame.text });
      connection.ws.terminate();
      return true;
    };
    const { client, live, texts } = await page();
    await live();
    client.send(CHAT, 'hello');
    await until('it stands in the thread', () => texts().length === 1);
    await live();
    expect(texts()).toHaveLength(1);
  });

  it.each(['busy', 'rate_limited'])(
    'waits as long as a server asks that answers %s, then sends again',
    async (code) => {
      server.script = (frame, { ws }) => {
        if (frame.type !== 'message.send' || sends().length > 1) return false;
        server.send(ws, {
          type: 'error',
          code,
          detail: 'Not now.',
          ref: frame.id,
          retry_after_s: WAIT_S,
        });
        return true;
      };
      const { client, live, answered, store } = await page();
      await live();
      const id = client.send(CHAT, '/echo patience');
      await until('it is refused', () => store.state.outbox[0]?.notBefore !== undefined);
      const asked = Date.now();
      await answered(1);
      expect(sends().map((frame) => frame.type === 'message.send' && frame.id)).toEqual([id, id]);
      expect(store.state.clocks[id]?.accepted).toBeGreaterThan(asked + (WAIT_S * 1_000) / 2);
    },
  );

  it('shows a refusal with its reason and does not send it again by itself', async () => {
    server.script = (frame, { ws }) => {
      if (frame.type !== 'message.send') return false;
      server.send(ws, { type: 'error', code: 'invalid_text', detail: 'The text holds a NUL.', ref: frame.id });
      return true;
    };
    const { client, live, store } = await page();
    await live();
    client.send(CHAT, 'bad');
    await until('it is refused', () => store.state.outbox[0]?.phase === 'failed');
    expect(store.state.outbox[0]?.problem?.detail).toBe('The text holds a NUL.');
    server.disconnect();
    await live();
    expect(sends()).toHaveLength(1);
  });

  it('edits and withdraws queued messages', async () => {
    server.accepting = false;
    const { client, store, answered, texts } = await page();
    const [first, second] = [client.send(CHAT, '/echo typo'), client.send(CHAT, '/echo not this')];
    client.editQueued(first, '/echo right');
    client.cancel(second);
    expect(store.state.outbox.map((entry) => entry.text)).toEqual(['/echo right']);
    server.accepting = true;
    client.socket.retryNow();
    await answered(1);
    expect(texts()).toEqual([['/echo right', 'right']]);
  });

  it('does not send a queued message while it is being edited', async () => {
    const { client, live, answered, store, texts } = await page();
    await live();
    client.send(CHAT, '/echo first');
    const second = client.send(CHAT, '/echo tpyo');
    client.editing(second, true);
    await answered(1);
    await until('the reply is over', () => store.state.running[CHAT] === undefined);
    expect(sends()).toHaveLength(1);
    client.editQueued(second, '/echo typo');
    await answered(2);
    expect(texts().map(([said]) => said)).toEqual(['/echo first', '/echo typo']);
  });

  it('asks for another version of a reply', async () => {
    const { client, live, answered, store } = await page();
    await live();
    const id = client.send(CHAT, '/echo again');
    await answered(1);
    client.regenerate(CHAT, id);
    await until(
      'two versions',
      () => store.state.threads[CHAT]?.turns[0]?.replies.filter((reply) => reply.end).length === 2,
    );
    expect(store.state.threads[CHAT]?.turns[0]?.pendingReplies).toBe(0);
    expect(store.state.running[CHAT]).toBeUndefined();
  });
});

describe('the connection', () => {
  it('resumes where it was after a cut in the middle of a reply, without loss or doubling', async () => {
    const { client, live, answered, texts } = await page();
    await live();
    client.send(CHAT, '/list');
    await until('it has begun', () => (texts()[0]?.[1]?.length ?? 0) > 20);
    server.disconnect();
    await answered(1);
    expect(texts()[0]?.[1]).toContain('one* transaction');
    // From the last event seen, not from the position at connect.
    const after = Number(/epoch=.+&after=(\d+)/.exec(server.upgrades.at(-1) ?? '')?.[1]);
    expect(after).toBeGreaterThan(2);
  });

  it('reads the state again when the epoch has changed', async () => {
    const { client, live, answered, texts, store } = await page();
    await live();
    client.open(CHAT);
    client.send(CHAT, '/echo kept');
    await answered(1);
    server.epoch = 'another';
    server.disconnect();
    await until('the new epoch is known', () => store.state.epoch === 'another');
    await until('it was read again', () => store.state.threads[CHAT]?.loaded === 'yes');
    expect(texts()).toEqual([['/echo kept', 'kept']]);
  });

  it('continues a reply that it finds half-way, as a reload does', async () => {
    const first = await page();
    await first.live();
    first.client.send(CHAT, '/list');
    await until('it has begun', () => (first.texts()[0]?.[1]?.length ?? 0) > 20);
    first.client.stop();
    const second = await page(first.storage);
    second.client.open(CHAT);
    await second.answered(1);
    expect(second.texts()[0]?.[1]).toContain('one* transaction');
    expect(second.store.state.threads[CHAT]?.turns[0]?.replies[0]?.buffered).toEqual({});
  });

  it('notices a connection that is open and dead', async () => {
    const { live, store } = await page(new MemoryStorage(), { probeMs: 60 });
    await live();
    server.silent = true;
    const [first] = clients;
    first?.socket.probe();
    await until('it gives up', () => !store.state.live);
    server.silent = false;
    await live();
    expect(server.upgrades.length).toBe(2);
  });

  it('asks for a new session when the old one has ended, and starts without a position', async () => {
    const { live, store } = await page();
    await live();
    server.disconnect(4401);
    await until('the connection was lost', () => !store.state.live);
    await live();
    expect(server.upgrades.at(-1)).toBe('/ws');
  });

  it('waits as long as a draining server asks', async () => {
    const { live, store } = await page();
    await live();
    for (const one of server.sockets) server.send(one.ws, { type: 'server.draining', reconnect_after_ms: 300 });
    server.disconnect(1012);
    await until('it waits', () => store.state.connection.phase === 'waiting');
    const { connection } = store.state;
    expect(connection.phase === 'waiting' && connection.retryAt - Date.now()).toBeGreaterThan(150);
    expect(connection.phase === 'waiting' && connection.reason).toBe('The server is restarting.');
    await live();
  });

  it('stops counting while the browser is offline, and comes back at once when it is not', async () => {
    const { client, live, store } = await page();
    await live();
    client.socket.networkLost();
    expect(store.state.connection.phase).toBe('offline');
    client.socket.retryNow();
    await live();
  });
});

describe('several at once', () => {
  it('shows two tabs the same, and marks what ended in the background as unread', async () => {
    const [one, two] = [await page(), await page()];
    await one.live();
    await two.live();
    one.client.open(CHAT);
    two.client.open(null);
    one.client.send(CHAT, '/echo both');
    await one.answered(1);
    await two.answered(1);
    expect(two.texts()).toEqual(one.texts());
    expect(two.store.state.unread[CHAT]).toBe(true);
    expect(one.store.state.unread[CHAT]).toBeUndefined();
  });

  it('undoes a deletion in time, and carries it out otherwise', async () => {
    const { client, live, answered, store } = await page();
    await live();
    client.send(CHAT, '/echo x');
    await answered(1);
    client.deletions.schedule(CHAT);
    expect(store.state.deleting[CHAT]).toBe(true);
    client.deletions.undo(CHAT);
    expect(store.state.deleting[CHAT]).toBeUndefined();
    client.deletions.schedule(CHAT);
    client.leavePage();
    await until('it is gone', () => store.state.conversations[CHAT] === undefined);
  });
});
