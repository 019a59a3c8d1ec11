/** The chat's commands: joins socket, HTTP, storage and store. The only module of the chat with side effects. */
import { isEvent } from '../protocol/decode';
import type { SendOptions, ServerFrame, Welcome } from '../protocol/wire';
import type { ChatApi } from '../transport/api';
import { ChatSocket, type SocketSettings } from '../transport/socket';
import { Deletions } from './deletions';
import { frameOf } from './frames';
import { HistoryLoader } from './history';
import { newId } from './ids';
import { due, nextDue, wasSent } from './outbox';
import { nextParent } from './paths';
import { FrameRecorder } from './recording';
import { isAwaited, isStopping, turnsOf } from './selectors';
import type { OutboxEntry, SavedState } from './state';
import type { ChatStorage } from './storage';
import type { ChatStore } from './store';
import { parentOf } from './tree';

const SAVE_MS = 150; // drafts are saved after a pause in typing
const SAVED_LATER = ['drafts', 'pins', 'unread', 'active', 'options', 'paths'] as const;

export interface ClientSettings {
  api: ChatApi;
  storage: ChatStorage;
  store: ChatStore;
  socket: Omit<SocketSettings, 'openSession'>;
}

export class ChatClient {
  readonly socket: ChatSocket;
  readonly deletions: Deletions;
  readonly recorder = new FrameRecorder();
  private saved: SavedState | null = null;
  private saveTimer: ReturnType<typeof setTimeout> | undefined;
  private dueTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly history: HistoryLoader;

  constructor(private readonly settings: ClientSettings) {
    this.history = new HistoryLoader(settings.api, settings.store);
    this.deletions = new Deletions(settings.api, settings.store);
    this.socket = new ChatSocket(
      { ...settings.socket, openSession: () => settings.api.session() },
      {
        onFrame: (frame) => this.received(frame),
        onWelcome: (welcome) => this.welcomed(welcome),
        onConnection: (connection) => {
          if (this.store.state.live && connection.phase !== 'open') this.recorder.add({ at: Date.now(), lost: true });
          settings.store.dispatch({ type: 'connection', connection });
        },
      },
    );
  }

  private get store(): ChatStore {
    return this.settings.store;
  }

  /** Restores the saved state, then connects. */
  async start(): Promise<void> {
    const saved = await this.settings.storage.load();
    // Accepted messages will be loaded from the server; an edit does not survive a reload.
    const outbox = (saved.outbox ?? [])
      .filter((entry) => entry.phase !== 'accepted')
      .map(({ editing: _editing, ...entry }) => entry);
    this.store.dispatch({ type: 'restored', saved: { ...saved, outbox } });
    this.settings.storage.onOtherTabs((change) => this.store.dispatch({ type: 'shared', change }));
    this.saved = this.store.state;
    this.store.zustand.subscribe(() => this.changed());
    this.socket.start();
  }

  stop(): void {
    clearTimeout(this.saveTimer);
    clearTimeout(this.dueTimer);
    this.deletions.stop();
    this.socket.stop();
  }

  /**
   * Queues a message, which follows the end of the shown path.
   * `begins` marks the first message of a new conversation, which has no history to load.
   */
  send(conversationId: string, text: string, options: SendOptions = {}, begins = false): string {
    if (begins) this.store.dispatch({ type: 'thread.created', id: conversationId });
    return this.queueMessage(conversationId, text, options, nextParent(this.store.state, conversationId), begins);
  }

  /** Queues a new version of a message: it follows what that one follows, and nothing is overwritten. */
  edit(conversationId: string, messageId: string, text: string, options: SendOptions = {}): void {
    const turns = turnsOf(this.store.state, conversationId);
    const place = turns.findLastIndex((turn) => turn.id === messageId);
    if (place >= 0) this.queueMessage(conversationId, text, options, parentOf(turns, place));
  }

  private queueMessage(
    conversationId: string,
    text: string,
    options: SendOptions,
    parent: string | null | undefined,
    begins = false,
  ): string {
    const id = this.queue({
      conversation_id: conversationId,
      text,
      ...(parent === undefined ? {} : { parent_id: parent }),
      ...(Object.keys(options).length > 0 ? { options } : {}),
      ...(begins ? { begins: true } : {}),
    });
    if (this.store.state.live) this.ensureLoaded(conversationId);
    return id;
  }

  /** One more reply, at the speed that is chosen now. Without the seed, which would give the same one. */
  regenerate(conversationId: string, messageId: string): void {
    if (isAwaited(this.store.state, messageId)) return; // pressed twice, it means one
    const { profile } = this.store.state.options[conversationId] ?? {};
    const options = profile ? { options: { profile } } : {};
    this.queue({ conversation_id: conversationId, text: '', regenerates: messageId, ...options });
  }

  stopReply(conversationId: string, messageId: string): void {
    if (isStopping(this.store.state, messageId)) return;
    this.queue({ conversation_id: conversationId, text: '', stops: messageId });
  }

  private queue(entry: Pick<OutboxEntry, 'conversation_id' | 'text'> & Partial<OutboxEntry>): string {
    const id = newId();
    this.store.dispatch({
      type: 'outbox.added',
      entry: { id, createdAt: Date.now(), phase: 'queued', sends: 0, ...entry },
    });
    return id;
  }

  /** A queued message is not sent while it is being edited. */
  editing(id: string, on: boolean): void {
    this.store.dispatch({ type: 'outbox.editing', id, on });
  }

  editQueued(id: string, text: string): void {
    this.store.dispatch({ type: 'outbox.edited', id, text, newId: newId() });
  }

  retry(id: string): void {
    this.store.dispatch({ type: 'outbox.retried', id, newId: newId() });
  }

  /** Drops a queued message; one that was sent already is stopped at the server instead. */
  cancel(id: string): void {
    const entry = this.store.state.outbox.find((one) => one.id === id);
    if (!entry) return;
    if (wasSent(entry) && entry.phase !== 'failed') this.stopReply(entry.conversation_id, entry.id);
    else this.store.dispatch({ type: 'outbox.dropped', id });
  }

  open(id: string | null): void {
    this.store.dispatch({ type: 'opened', id });
    if (id && this.store.state.live) this.ensureLoaded(id);
  }

  draft(id: string, text: string): void {
    this.store.dispatch({ type: 'draft', id, text });
  }

  /** The reply options of a conversation; none set means the server's defaults. */
  chooseOptions(id: string, options: SendOptions): void {
    this.store.dispatch({ type: 'options', id, options: Object.keys(options).length > 0 ? options : null });
  }

  /** Shows the path through a message or reply, and loads older pages until that is there. */
  showPath(id: string, tip: string): void {
    this.store.dispatch({ type: 'path', id, tip });
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

  /** Has the server delete everything of this user, and forgets it here. The next connection is that of a new one. */
  async forget(): Promise<void> {
    this.socket.stop(); // it would ask for a new session while the old one ends
    try {
      await this.settings.api.forget();
      this.store.dispatch({ type: 'forgotten' });
    } finally {
      this.socket.start();
    }
  }

  /** The page unloads: pending deletions are carried out and the outbox is saved. */
  leavePage(): void {
    this.deletions.carryOutAll();
    this.settings.storage.saveNow(this.store.state);
    this.save();
  }

  // Loading history

  loadList(older = false): Promise<void> {
    return this.history.loadList(older);
  }

  /** Loads a conversation; the answer includes everything up to `cursor`, by default the position of the last welcome. */
  read(id: string, cursor?: string): Promise<void> {
    return this.history.loadNewest(id, cursor);
  }

  loadOlder(id: string): Promise<void> {
    return this.history.loadOlder(id);
  }

  /** Loads older pages until a message or reply is there. */
  loadUntil(id: string, itemId: string): Promise<void> {
    return this.history.loadUntil(id, itemId);
  }

  /** Loads a conversation to its beginning. */
  loadAll(id: string): Promise<void> {
    return this.history.loadUntil(id, null);
  }

  refresh(id: string): Promise<void> {
    return this.history.refresh(id);
  }

  private welcomed(welcome: Welcome): void {
    this.recorder.add({ at: Date.now(), received: welcome });
    this.history.setPosition(welcome.cursor);
    this.store.dispatch({ type: 'welcome', frame: welcome });
    const { list, open, outbox, active } = this.store.state;
    if (list.loaded !== 'yes') void this.loadList();
    // Queued messages are sent only after their conversation has been loaded, open or not.
    const ids = new Set([open, ...outbox.map((entry) => entry.conversation_id), ...Object.keys(active)]);
    for (const id of ids) if (id) this.ensureLoaded(id);
    this.flush();
  }

  /** Loads a conversation that has not been loaded on this connection, unless the server cannot know it yet. */
  private ensureLoaded(id: string): void {
    if (this.store.state.threads[id]?.loaded === 'yes') return;
    if (this.neverSent(id)) this.store.dispatch({ type: 'thread.created', id });
    else void this.read(id);
  }

  /** No message of the conversation was ever sent, so the server cannot know it. */
  private neverSent(id: string): boolean {
    return this.store.state.outbox.some((entry) => entry.conversation_id === id && entry.begins && !wasSent(entry));
  }

  private received(frame: ServerFrame): void {
    if (isEvent(frame)) {
      this.store.queue({ type: 'event', event: frame });
    } else if (frame.type === 'message.accepted') {
      this.store.dispatch({ type: 'accepted', frame, now: Date.now() });
    } else if (frame.type === 'error') {
      this.store.dispatch({ type: 'refused', frame, now: Date.now() });
    }
    if (frame.type !== 'pong') this.recorder.add({ at: Date.now(), received: frame });
  }

  // Effects of state changes

  private changed(): void {
    this.flush();
    const state = this.store.zustand.getState();
    const saved = this.saved;
    if (!saved) return;
    // The outbox is saved at once, because losing a message is worse than losing a draft; drafts wait for a pause.
    if (state.outbox !== saved.outbox) this.save();
    else if (SAVED_LATER.some((key) => state[key] !== saved[key])) {
      clearTimeout(this.saveTimer);
      this.saveTimer = setTimeout(() => this.save(), SAVE_MS);
    }
  }

  private save(): void {
    clearTimeout(this.saveTimer);
    const { outbox, drafts, pins, unread, active, options, paths } = this.store.zustand.getState();
    this.saved = { outbox, drafts, pins, unread, active, options, paths };
    void this.settings.storage.save(this.saved);
  }

  /** Sends what is due. Each send changes the state, which calls this again: it ends when nothing is due. */
  private flush(): void {
    const now = Date.now();
    const entry = due(this.store.zustand.getState(), now)[0];
    if (entry) {
      const frame = frameOf(this.store.zustand.getState(), entry);
      if (!this.socket.send(frame)) return;
      this.recorder.add({ at: now, sent: frame });
      this.store.dispatch({ type: 'outbox.sent', id: entry.id, now });
      return;
    }
    const next = nextDue(this.store.zustand.getState(), now);
    clearTimeout(this.dueTimer);
    if (next !== null) this.dueTimer = setTimeout(() => this.flush(), next - now + 5);
  }
}
