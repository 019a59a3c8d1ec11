/** Loads stored state over HTTP; every page is at least as new as the position from which the socket is live. */
import { ApiError, type ChatApi } from '../transport/api';
import type { ChatStore } from './store';
import { isLoaded } from './tree';

const RETRY_MS = 4_000; // after a failure to load a conversation that may be in use
const PAGE = 100; // items of one history page: a few screens, rendered in a few milliseconds

export class HistoryLoader {
  private position: string | undefined;
  private reading = new Map<string, Promise<void>>();

  constructor(
    private readonly api: ChatApi,
    private readonly store: ChatStore,
  ) {}

  /** Sets the position from which the socket is live. Requests in flight may end before it, so they are abandoned. */
  setPosition(position: string): void {
    this.position = position;
    this.reading = new Map();
  }

  async loadList(older: boolean): Promise<void> {
    const { list } = this.store.state;
    if (list.loaded === 'loading' || (older && !list.next)) return;
    this.store.dispatch({ type: 'list.loading' });
    try {
      const query = older && list.next ? { before: list.next } : this.atLeast();
      const page = await this.api.conversations({ ...query, limit: PAGE });
      this.store.dispatch({ type: 'list.loaded', page, older });
    } catch {
      this.store.dispatch({ type: 'list.failed' });
    }
  }

  /** Loads the newest page unless it is loaded; it includes everything up to `position`, where one is given. */
  loadNewest(id: string, position = this.position): Promise<void> {
    const loaded = this.store.state.threads[id]?.loaded;
    if (loaded === 'yes') return Promise.resolve();
    return this.once(`new:${id}`, () => this.page(id, false, position));
  }

  loadOlder(id: string): Promise<void> {
    if (!this.store.state.threads[id]?.next) return Promise.resolve();
    return this.once(`old:${id}`, () => this.page(id, true));
  }

  /** Loads older pages until the message or reply is found (`null`: none) or the beginning is reached. */
  loadUntil(id: string, itemId: string | null): Promise<void> {
    return this.once(`until:${id}:${itemId}`, async () => {
      await this.loadNewest(id);
      for (;;) {
        const thread = this.store.state.threads[id];
        if (!thread?.next || (itemId !== null && isLoaded(thread.turns, itemId))) return;
        const { next } = thread;
        await this.loadOlder(id);
        if (this.store.state.threads[id]?.next === next) return; // a page that failed to load ends the search
      }
    });
  }

  /** Loads the newest page again, for fields that change after the events: when a reply was stored, for example. */
  async refresh(id: string): Promise<void> {
    if (this.store.state.threads[id]?.loaded !== 'yes') return;
    const next = this.store.state.threads[id]?.next ?? null;
    try {
      const page = await this.api.messages(id, { ...this.atLeast(), limit: PAGE });
      this.store.dispatch({ type: 'thread.loaded', id, page: { ...page, next }, older: true });
    } catch {
      // Only details are missing then; the next request may succeed.
    }
  }

  private once(key: string, job: () => Promise<void>): Promise<void> {
    const running = this.reading.get(key);
    if (running) return running;
    const started = job().finally(() => this.reading.delete(key));
    this.reading.set(key, started);
    return started;
  }

  private async page(id: string, older: boolean, atLeast = this.position): Promise<void> {
    const { position } = this;
    const next = this.store.state.threads[id]?.next;
    if (!older) this.store.dispatch({ type: 'thread.loading', id });
    try {
      const query = older && next ? { before: next } : atLeast ? { at_least: atLeast } : {};
      const page = await this.api.messages(id, { ...query, limit: PAGE });
      if (position !== this.position) return; // reconnected meanwhile: this page may end before the new position
      this.store.dispatch({ type: 'thread.loaded', id, page, older });
    } catch (error) {
      if (older) return;
      const problem = error instanceof ApiError ? error.message : 'The conversation could not be read.';
      const missing = error instanceof ApiError && error.status === 404;
      this.store.dispatch({ type: 'thread.failed', id, problem, missing });
      // A node that has just started may answer the socket before it can read: nobody may look at this conversation to ask again.
      const again = () => {
        const stillFailed = this.store.state.threads[id]?.loaded === 'failed';
        if (stillFailed && this.store.state.live && position === this.position) void this.loadNewest(id, atLeast);
      };
      if (!missing) setTimeout(again, RETRY_MS);
    }
  }

  private atLeast(): { at_least?: string } {
    return this.position ? { at_least: this.position } : {};
  }
}
