/** Cuts, silence, refusals and other tabs: the page goes on where it was. */
import { describe, expect, it } from 'vitest';
import { MemoryStorage } from '../../src/chat/storage';
import { CHAT, clients, page, server, until } from './client-page';

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
