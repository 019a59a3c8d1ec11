/** Deletions that can still be undone: a conversation is hidden at once, and deleted later. */
import { ApiError, type ChatApi } from '../transport/api';
import type { ChatStore } from './store';

const UNDO_MS = 6_000; // how long a deletion can be undone

interface Pending {
  timer?: ReturnType<typeof setTimeout>;
  /** Called with why the server did not delete it. */
  onFailed?: OnFailed;
}

type OnFailed = (problem: string) => void;

export class Deletions {
  private queue = Promise.resolve(); // one at a time: the server limits how many writes it takes a second
  private readonly pending = new Map<string, Pending>();

  constructor(
    private readonly api: ChatApi,
    private readonly store: ChatStore,
  ) {}

  /** Hides a conversation, and deletes it when the time for undo is over; one that can't be deleted is shown again. */
  schedule(id: string, onFailed?: OnFailed): void {
    this.hide(id);
    const timer = setTimeout(() => this.carryOut(id), UNDO_MS);
    this.pending.set(id, { timer, ...(onFailed ? { onFailed } : {}) });
  }

  /** Hides a conversation until `carryOut` deletes it. */
  hide(id: string): void {
    this.store.dispatch({ type: 'deleting', id, on: true });
    this.pending.set(id, {});
  }

  undo(id: string): void {
    clearTimeout(this.pending.get(id)?.timer);
    this.pending.delete(id);
    this.store.dispatch({ type: 'deleting', id, on: false });
  }

  /** Deletes a hidden conversation when those before it are deleted; one that was not hidden is left alone. */
  carryOut(id: string): void {
    if (!this.pending.has(id)) return;
    clearTimeout(this.pending.get(id)?.timer);
    this.queue = this.queue.then(() => this.remove(id));
  }

  /** The page unloads: nothing can be undone any more, and nothing can wait. */
  carryOutAll(): void {
    for (const [id, { timer }] of [...this.pending]) {
      clearTimeout(timer);
      void this.remove(id);
    }
  }

  private async remove(id: string): Promise<void> {
    const pending = this.pending.get(id);
    if (!pending) return;
    this.pending.delete(id);
    try {
      await this.api.remove(id);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return;
      this.store.dispatch({ type: 'deleting', id, on: false });
      pending.onFailed?.(error instanceof Error ? error.message : '');
    }
  }

  stop(): void {
    for (const { timer } of this.pending.values()) clearTimeout(timer);
  }
}
