/** What is sent is accepted once and in order, whatever happens to the connection or the page. */
import { describe, expect, it } from 'vitest';
import { CHAT, page, sends, server, until, WAIT_S } from './client-page';

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

  it('requests one more reply once, however often that is pressed before the server answers', async () => {
    const { client, live, answered, store } = await page();
    await live();
    const id = client.send(CHAT, '/echo again');
    await answered(1);
    client.regenerate(CHAT, id);
    client.regenerate(CHAT, id);
    await until(
      'there are two',
      () => store.state.threads[CHAT]?.turns[0]?.replies.filter(({ end }) => end).length === 2,
    );
    expect(server.received.filter((frame) => frame.type === 'reply.regenerate')).toHaveLength(1);
  });

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
