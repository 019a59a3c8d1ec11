/** Deletions that can still be undone: a conversation is hidden at once, and deleted later. */
import { ApiError, type ChatApi } from '../transport/api';
import type { ChatStore } from './store';

const UNDO_MS = 6_000; // how long a deletion can be undone

export class Deletions {
  private readonly pending = new Map<string, ReturnType<typeof setTimeout> | undefined>();

  constructor(
    private readonly api: ChatApi,
    private readonly store: ChatStore,
  ) {}

  /** Hides a conversation, and deletes it when the time for undo is over. */
  schedule(id: string): void {
    this.hide(id);
    this.pending.set(
      id,
      setTimeout(() => this.carryOut(id), UNDO_MS),
    );
  }

  /** Hides a conversation until `carryOut` deletes it. */
  hide(id: string): void {
    this.store.dispatch({ type: 'deleting', id, on: true });
    this.pending.set(id, undefined);
  }

  undo(id: string): void {
    clearTimeout(this.pending.get(id));
    this.pending.delete(id);
    this.store.dispatch({ type: 'deleting', id, on: false });
  }

  /** Deletes a hidden conversation now; one that was not hidden is left alone. */
  carryOut(id: string): void {
    if (!this.pending.has(id)) return;
    clearTimeout(this.pending.get(id));
    this.pending.delete(id);
    this.api.remove(id).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) return;
      this.store.dispatch({ type: 'deleting', id, on: false });
    });
  }

  /** The page unloads: nothing can be undone any more. */
  carryOutAll(): void {
    for (const id of [...this.pending.keys()]) this.carryOut(id);
  }

  stop(): void {
    for (const timer of this.pending.values()) clearTimeout(timer);
  }
}
