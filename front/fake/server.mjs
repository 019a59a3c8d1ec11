/**
 * A small in-memory backend with the protocol of the real one, for tests of the client and for demos of the page.
 * Tests can cut connections, delay replies and script frames.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { LIMITS, parsed } from './frames.mjs';
import { answerTo, partsOf } from './mock.mjs';
import { handleHttp } from './routes.mjs';

export class FakeServer {
  constructor(settings = {}) {
    this.settings = { auto: true, heartbeat_s: 20, ...settings };
    this.epoch = randomUUID();
    /** @type {{owner: string, event: any}[]} */
    this.log = [];
    /** @type {Map<string, Map<string, any>>} owner → conversation id → conversation */
    this.owners = new Map();
    this.forgotten = new Set();
    this.sockets = new Set();
    /** Every frame that clients sent, for assertions. */
    this.received = [];
    /** Sees each frame first; returning true means that the script handled it. */
    this.script = null;
    this.silent = false;
    this.accepting = true;
    this.upgrades = [];
    this.timers = new Set();
  }

  async listen(port = 0) {
    this.http = createServer((request, response) => handleHttp(this, request, response));
    this.wss = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });
    this.http.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
    await new Promise((resolve) => this.http.listen(port, '127.0.0.1', resolve));
    this.port = this.http.address().port;
    return this;
  }

  async close() {
    for (const timer of this.timers) clearTimeout(timer);
    for (const one of this.sockets) one.ws.terminate();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The token of an owner is the owner's id; of one that was forgotten it opens nothing. */
  ownerOf(request) {
    const bearer = /^Bearer ([0-9a-f-]{36})$/.exec(request.headers.authorization ?? '');
    const cookie = /chat_session=([0-9a-f-]{36})/.exec(request.headers.cookie ?? '');
    const owner = (bearer ?? cookie)?.[1];
    if (owner) return this.forgotten.has(owner) ? null : owner;
    return this.settings.owner ?? null;
  }

  forget(owner) {
    this.owners.delete(owner);
    this.forgotten.add(owner);
    for (const one of this.sockets) if (one.owner === owner) one.ws.close(4401);
  }

  conversationsOf(owner) {
    if (!this.owners.has(owner)) this.owners.set(owner, new Map());
    return this.owners.get(owner);
  }

  upgrade(request, socket, head) {
    const known = this.ownerOf(request);
    const anonymous = !known && !request.headers.authorization && !request.headers.cookie;
    this.upgrades.push(request.url);
    if (!this.accepting) return socket.destroy();
    if (!known && !anonymous) return socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
    const owner = known ?? randomUUID();
    const token = anonymous ? { token: owner } : {};
    this.wss.handleUpgrade(request, socket, head, (ws) =>
      this.attach(ws, owner, token, new URL(request.url, this.url)),
    );
  }

  attach(ws, owner, token, url) {
    const connection = { ws, owner };
    const after = Number(url.searchParams.get('after') ?? Number.NaN);
    const resumed = url.searchParams.get('epoch') === this.epoch && after >= 0 && after <= this.log.length;
    this.sockets.add(connection);
    ws.on('close', () => this.sockets.delete(connection));
    ws.on('error', () => {}); // a frame too large: `ws` closes with 1009 by itself
    ws.on('message', (data, binary) => (binary ? ws.close(1003) : this.onFrame(connection, data)));
    this.send(ws, {
      type: 'welcome',
      owner,
      ...token,
      epoch: this.epoch,
      cursor: String(this.log.length),
      resumed,
      heartbeat_s: this.settings.heartbeat_s,
      limits: LIMITS,
    });
    if (!resumed) return;
    for (const record of this.log.slice(after)) if (record.owner === owner) this.send(ws, record.event);
  }

  send(ws, frame) {
    if (!this.silent && ws.readyState === 1) ws.send(JSON.stringify(frame));
  }

  /** Appends an event to the log and sends it to every socket of the owner. */
  emit(owner, event) {
    const full = { cursor: String(this.log.length + 1), at: new Date().toISOString(), ...event };
    this.log.push({ owner, event: full });
    for (const one of this.sockets) if (one.owner === owner) this.send(one.ws, full);
    return full;
  }

  /** Closes every socket, abruptly (1006) or with a code. */
  disconnect(code) {
    for (const one of this.sockets) {
      if (code) one.ws.close(code);
      else one.ws.terminate();
    }
  }

  schedule(ms, job) {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      job();
    }, ms);
    this.timers.add(timer);
  }

  onFrame(connection, data) {
    if (this.silent) return;
    const { frame, error } = parsed(data);
    if (error) return this.send(connection.ws, error);
    this.received.push(frame);
    if (this.script?.(frame, connection)) return;
    const nonce = 'nonce' in frame ? { nonce: frame.nonce } : {};
    if (frame.type === 'ping') this.send(connection.ws, { type: 'pong', ...nonce });
    if (frame.type === 'message.send') this.onMessage(connection, frame);
    if (frame.type === 'reply.regenerate') this.onRegenerate(connection, frame);
    if (frame.type === 'reply.stop') this.onStop(connection, frame);
  }

  onMessage({ ws, owner }, frame) {
    const all = this.conversationsOf(owner);
    const now = new Date().toISOString();
    const conversation = all.get(frame.conversation_id) ?? {
      id: frame.conversation_id,
      title: frame.text.split('\n')[0].slice(0, 60),
      created_at: now,
      updated_at: now,
      items: [],
      seen: new Map(),
      busy: Promise.resolve(),
    };
    const duplicate = conversation.seen.has(frame.id);
    const accepted = { type: 'message.accepted', id: frame.id, conversation_id: frame.conversation_id, duplicate };
    const refuse = (code, detail) => this.send(ws, { type: 'error', code, detail, ref: frame.id });
    if (duplicate && conversation.seen.get(frame.id) !== frame.text)
      return refuse('conflict', 'Another message has this id.');
    if (duplicate) return this.send(ws, accepted);
    const known = frame.parent_id == null || conversation.items.some((item) => item.id === frame.parent_id);
    if (!known) return refuse('not_found', 'There is no such message or reply to follow.');
    conversation.seen.set(frame.id, frame.text);
    all.set(frame.conversation_id, conversation);
    const turn = async () => {
      const newest = conversation.items.findLast((item) => item.role === 'assistant');
      const parent_id = frame.parent_id === undefined ? (newest?.id ?? null) : frame.parent_id;
      const created = this.emit(owner, {
        type: 'message.created',
        conversation_id: conversation.id,
        id: frame.id,
        text: frame.text,
        parent_id,
        ...(frame.options ? { options: frame.options } : {}),
      });
      conversation.items.push({
        id: frame.id,
        role: 'user',
        text: frame.text,
        status: 'waiting',
        created_at: created.at,
        parent_id,
        ...(frame.options ? { options: frame.options } : {}),
      });
      conversation.updated_at = created.at;
      this.send(ws, accepted);
      if (this.settings.auto) await this.answer(owner, conversation, frame.id, frame.text, frame.options);
    };
    if (this.settings.auto) conversation.busy = conversation.busy.then(turn);
    else void turn();
  }

  onRegenerate({ ws, owner }, frame) {
    const conversation = this.conversationsOf(owner).get(frame.conversation_id);
    const message = conversation?.items.find((item) => item.id === frame.message_id);
    if (!message)
      return this.send(ws, { type: 'error', code: 'not_found', detail: 'There is no such message.', ref: frame.id });
    this.send(ws, {
      type: 'message.accepted',
      id: frame.id,
      conversation_id: frame.conversation_id,
      duplicate: conversation.seen.has(frame.id),
    });
    if (conversation.seen.has(frame.id)) return;
    conversation.seen.set(frame.id, '');
    const { message_id, options } = frame;
    conversation.busy = conversation.busy.then(() =>
      this.answer(owner, conversation, message_id, message.text, options),
    );
  }

  onStop({ ws, owner }, frame) {
    const conversation = this.conversationsOf(owner).get(frame.conversation_id);
    if (!conversation?.items.some((item) => item.id === frame.message_id))
      return this.send(ws, { type: 'error', code: 'not_found', detail: 'There is no such message.' });
    const open = conversation?.items.find(
      (item) => item.message_id === frame.message_id && item.status === 'streaming',
    );
    if (open) open.stop = true;
  }

  async answer(owner, conversation, messageId, text, options) {
    const plan = answerTo(text);
    const began = Date.now();
    const reply = { conversation_id: conversation.id, reply_id: randomUUID(), message_id: messageId, attempt: 1 };
    const item = {
      id: reply.reply_id,
      role: 'assistant',
      message_id: messageId,
      parent_id: messageId,
      text: '',
      status: 'streaming',
      attempt: 1,
      parts: 0,
      created_at: new Date().toISOString(),
      ...(options ? { options } : {}),
    };
    await this.pause(40);
    conversation.items.push(item);
    const worker = `worker-${(conversation.items.length % 3) + 1}`;
    this.emit(owner, { type: 'reply.started', ...reply, worker, ...(options ? { options } : {}) });
    const queued = Date.now() - began;
    await this.pause(plan.firstMs);
    const first = Date.now() - began;
    for (const part of partsOf(plan.text)) {
      if (item.stop) break;
      this.emit(owner, { type: 'reply.delta', ...reply, index: item.parts, text: part });
      item.text += part;
      item.parts += 1;
      await this.pause(plan.partMs);
    }
    const timings = { queued_ms: queued, first_part_ms: first, total_ms: Date.now() - began };
    if (plan.fails && !item.stop) {
      item.error = { code: 'mock_failure', detail: 'The mock was asked to fail, and did.', retryable: true };
      item.status = 'failed';
      this.emit(owner, { type: 'reply.failed', ...reply, ...item.error });
    } else {
      const finish_reason = item.stop ? 'stopped' : 'stop';
      Object.assign(item, { status: item.stop ? 'stopped' : 'complete', finish_reason, timings });
      this.emit(owner, {
        type: 'reply.completed',
        ...reply,
        parts: item.parts,
        text: item.text,
        finish_reason,
        timings,
      });
    }
    const message = conversation.items.find((one) => one.id === messageId);
    if (message) message.status = 'complete';
  }

  pause(ms) {
    return new Promise((resolve) => this.schedule(ms, resolve));
  }
}
