/** Joins socket, routes, storage and store into the verbs a page needs. The only place with effects of the chat. */
import { isEvent } from '../protocol/decode';
import type { SendOptions, ServerFrame, Welcome } from '../protocol/wire';
import { ApiError, type ChatApi } from '../transport/api';
import { ChatSocket, type SocketSettings } from '../transport/socket';
import { newId } from './ids';
import type { Keep } from './keep';
import { due, hasLeft, nextDue } from './outbox';
import { Reader } from './reader';
import type { Kept, OutboxEntry } from './state';
import type { ChatStore } from './store';

const UNDO_MS = 6_000; // how long a deleted conversation can be brought back
const SAVE_MS = 150; // drafts are kept after a pause in typing

/** Something that really happened on the route, for the pictures. */
export type RouteMove = 'sent' | 'accepted' | 'created' | 'started' | 'part' | 'ended';

export interface ClientSettings {
  api: ChatApi;
  keep: Keep;
  store: ChatStore;
  socket: Omit<SocketSettings, 'openSession'>;
}

export class ChatClient {
  readonly socket: ChatSocket;
  private readonly moves = new Set<(move: RouteMove) => void>();
  private readonly removals = new Map<string, ReturnType<typeof setTimeout>>();
  private saved: Kept | null = null;
  private saveTimer: ReturnType<typeof setTimeout> | undefined;
  private dueTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly reader: Reader;

  constructor(private readonly settings: ClientSettings) {
    this.reader = new Reader(settings.api, settings.store);
    this.socket = new ChatSocket(
      { ...settings.socket, openSession: () => settings.api.session() },
      {
        onFrame: (frame) => this.received(frame),
        onWelcome: (welcome) => this.welcomed(welcome),
        onLink: (link) => settings.store.dispatch({ type: 'link', link }),
      },
    );
  }

  private get store(): ChatStore {
    return this.settings.store;
  }

  /** Brings back what was kept, then opens the line. */
  async start(): Promise<void> {
    const kept = await this.settings.keep.load();
    // What was accepted will be read; what was being edited is nobody's any more.
    const outbox = (kept.outbox ?? [])
      .filter((entry) => entry.phase !== 'accepted')
      .map(({ editing: _editing, ...entry }) => entry);
    this.store.dispatch({ type: 'restored', kept: { ...kept, outbox } });
    this.settings.keep.onOthers((change) => this.store.dispatch({ type: 'shared', change }));
    this.saved = this.store.state;
    this.store.zustand.subscribe(() => this.changed());
    this.socket.start();
  }

  stop(): void {
    clearTimeout(this.saveTimer);
    clearTimeout(this.dueTimer);
    for (const timer of this.removals.values()) clearTimeout(timer);
    this.socket.stop();
  }

  onMove(listener: (move: RouteMove) => void): () => void {
    this.moves.add(listener);
    return () => this.moves.delete(listener);
  }

  // What a person does

  /** Says something; `begins` says that the conversation is a new one, so that there is nothing to read. */
  send(conversationId: string, text: string, options: SendOptions = {}, begins = false): string {
    const id = newId();
    if (begins) this.store.dispatch({ type: 'thread.born', id: conversationId });
    const entry: OutboxEntry = {
      id,
      conversation_id: conversationId,
      text,
      typedAt: Date.now(),
      phase: 'held',
      sends: 0,
    };
    if (Object.keys(options).length > 0) entry.options = options;
    if (begins) entry.begins = true;
    this.store.dispatch({ type: 'outbox.added', entry });
    if (this.store.state.live) this.know(conversationId);
    return id;
  }

  regenerate(conversationId: string, messageId: string): void {
    this.store.dispatch({
      type: 'outbox.added',
      entry: {
        id: newId(),
        conversation_id: conversationId,
        text: '',
        regenerates: messageId,
        typedAt: Date.now(),
        phase: 'held',
        sends: 0,
      },
    });
  }

  stopReply(conversationId: string, messageId: string): void {
    this.socket.send({ type: 'reply.stop', conversation_id: conversationId, message_id: messageId });
  }

  /** While somebody edits it, it does not go out. */
  editing(id: string, on: boolean): void {
    this.store.dispatch({ type: 'outbox.editing', id, on });
  }

  editHeld(id: string, text: string): void {
    this.store.dispatch({ type: 'outbox.edited', id, text, newId: newId() });
  }

  retry(id: string): void {
    this.store.dispatch({ type: 'outbox.retried', id, newId: newId() });
  }

  /** Takes a waiting message back; one that has left is stopped at the server instead. */
  cancel(id: string): void {
    const entry = this.store.state.outbox.find((one) => one.id === id);
    if (!entry) return;
    if (hasLeft(entry) && entry.phase !== 'failed') this.stopReply(entry.conversation_id, entry.id);
    else this.store.dispatch({ type: 'outbox.dropped', id });
  }

  open(id: string | null): void {
    this.store.dispatch({ type: 'opened', id });
    if (id && this.store.state.live) this.know(id);
  }

  draft(id: string, text: string): void {
    this.store.dispatch({ type: 'draft', id, text });
  }

  pin(id: string, on: boolean): void {
    this.store.dispatch({ type: 'pinned', id, on });
  }

  async rename(id: string, title: string): Promise<void> {
    const before = this.store.state.conversations[id]?.title ?? title;
    this.store.dispatch({ type: 'renamed', id, title });
    try {
      await this.settings.api.rename(id, title);
    } catch (error) {
      this.store.dispatch({ type: 'renamed', id, title: before });
      throw error;
    }
  }

  /** Hides it now, deletes it when the time for second thoughts is over. */
  remove(id: string): void {
    this.store.dispatch({ type: 'leaving', id, on: true });
    this.removals.set(
      id,
      setTimeout(() => this.finishRemoval(id), UNDO_MS),
    );
  }

  undoRemove(id: string): void {
    clearTimeout(this.removals.get(id));
    this.removals.delete(id);
    this.store.dispatch({ type: 'leaving', id, on: false });
  }

  /** The page goes away: second thoughts are over. */
  leavePage(): void {
    for (const id of [...this.removals.keys()]) this.finishRemoval(id);
    this.settings.keep.saveNow(this.store.state);
    this.save();
  }

  private finishRemoval(id: string): void {
    clearTimeout(this.removals.get(id));
    this.removals.delete(id);
    this.settings.api.remove(id).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) return;
      this.store.dispatch({ type: 'leaving', id, on: false });
    });
  }

  // Reading state

  readList(older = false): Promise<void> {
    return this.reader.list(older);
  }

  /** Reads a conversation; `cursor` is a place in the log that the answer must reach, if the line may not have got there. */
  read(id: string, cursor?: string): Promise<void> {
    return this.reader.newest(id, cursor);
  }

  readOlder(id: string): Promise<void> {
    return this.reader.older(id);
  }

  readUntil(id: string, messageId: string): Promise<void> {
    return this.reader.until(id, messageId);
  }

  readAgain(id: string): Promise<void> {
    return this.reader.again(id);
  }

  // What the line brings

  private welcomed(welcome: Welcome): void {
    this.reader.from(welcome.cursor);
    this.store.dispatch({ type: 'welcome', frame: welcome });
    const { list, open, outbox } = this.store.state;
    if (list.loaded !== 'yes') void this.readList();
    // What waits to be said is not sent before its conversation has been read, wherever it is.
    for (const id of new Set([open, ...outbox.map((entry) => entry.conversation_id)])) if (id) this.know(id);
    this.flush();
  }

  /** Reads a conversation that has not been read since the line was opened, if there can be anything to read. */
  private know(id: string): void {
    if (this.store.state.threads[id]?.loaded === 'yes') return;
    if (this.unsaid(id)) this.store.dispatch({ type: 'thread.born', id });
    else void this.read(id);
  }

  /** Nothing of it has ever left this page, so the server cannot know it. */
  private unsaid(id: string): boolean {
    return this.store.state.outbox.some((entry) => entry.conversation_id === id && entry.begins && !hasLeft(entry));
  }

  private received(frame: ServerFrame): void {
    if (isEvent(frame)) {
      this.store.queue({ type: 'event', event: frame });
      if (frame.type === 'message.created') this.moved('created');
      if (frame.type === 'reply.started') this.moved('started');
      if (frame.type === 'reply.delta') this.moved('part');
      if (frame.type === 'reply.completed' || frame.type === 'reply.failed') this.moved('ended');
    } else if (frame.type === 'message.accepted') {
      this.store.dispatch({ type: 'accepted', frame, now: Date.now() });
      this.moved('accepted');
    } else if (frame.type === 'error') {
      this.store.dispatch({ type: 'refused', frame, now: Date.now() });
    }
  }

  private moved(move: RouteMove): void {
    for (const listener of this.moves) listener(move);
  }

  // What follows from a change of state

  private changed(): void {
    this.flush();
    const state = this.store.zustand.getState();
    const saved = this.saved;
    if (!saved) return;
    // The outbox is a promise to the person: it is kept at once. Drafts can wait for a pause.
    if (state.outbox !== saved.outbox) this.save();
    else if (state.drafts !== saved.drafts || state.pins !== saved.pins || state.unread !== saved.unread) {
      clearTimeout(this.saveTimer);
      this.saveTimer = setTimeout(() => this.save(), SAVE_MS);
    }
  }

  private save(): void {
    clearTimeout(this.saveTimer);
    const { outbox, drafts, pins, unread } = this.store.zustand.getState();
    this.saved = { outbox, drafts, pins, unread };
    void this.settings.keep.save({ outbox, drafts, pins, unread });
  }

  /** Sends what is due. Each sending changes the state, which calls this again: it ends when nothing is due. */
  private flush(): void {
    const now = Date.now();
    const entry = due(this.store.zustand.getState(), now)[0];
    if (entry) {
      const { id, conversation_id, text, options, regenerates } = entry;
      const left = regenerates
        ? this.socket.send({ type: 'reply.regenerate', id, conversation_id, message_id: regenerates })
        : this.socket.send({ type: 'message.send', id, conversation_id, text, ...(options ? { options } : {}) });
      if (!left) return;
      this.moved('sent');
      this.store.dispatch({ type: 'outbox.sent', id, now });
      return;
    }
    const next = nextDue(this.store.zustand.getState(), now);
    clearTimeout(this.dueTimer);
    if (next !== null) this.dueTimer = setTimeout(() => this.flush(), next - now + 5);
  }
}
