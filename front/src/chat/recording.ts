/** The latest frames of this tab, in order, so that they can be counted and looked at again. */
import type { ClientFrame, ServerFrame } from '../protocol/wire';

/** One frame, or the loss of the socket, with the milliseconds of this page's wall clock. */
export type TraceEntry =
  | { at: number; sent: ClientFrame }
  | { at: number; received: ServerFrame }
  | { at: number; lost: true };

export function frameIn(entry: TraceEntry): ClientFrame | ServerFrame | null {
  return 'sent' in entry ? entry.sent : 'received' in entry ? entry.received : null;
}

export type Listen = (listener: (entry: TraceEntry) => void) => () => void;

const MAX_ENTRIES = 20_000; // a quarter of an hour of a busy tab
const MAX_BYTES = 8_000_000; // about, of memory
const ENTRY_BYTES = 400; // about, without its text
const DROPPED_AT_ONCE = 1_000; // so that an array of thousands is not moved at every frame

function bytesOf(entry: TraceEntry): number {
  const frame = frameIn(entry);
  return ENTRY_BYTES + (frame && 'text' in frame ? 2 * frame.text.length : 0);
}

export class FrameRecorder {
  entries: TraceEntry[] = [];
  /** How many older entries were dropped. */
  dropped = 0;
  private bytes = 0;
  private readonly listeners = new Set<(entry: TraceEntry) => void>();

  add(entry: TraceEntry): void {
    this.entries.push(entry);
    this.bytes += bytesOf(entry);
    while (this.entries.length > MAX_ENTRIES || (this.bytes > MAX_BYTES && this.entries.length > 1)) {
      const gone = this.entries.slice(0, Math.min(DROPPED_AT_ONCE, this.entries.length - 1));
      this.entries = this.entries.slice(gone.length);
      this.dropped += gone.length;
      for (const one of gone) this.bytes -= bytesOf(one);
    }
    for (const listener of this.listeners) listener(entry);
  }

  /** Whether a message was sent, or seen first, by this tab. */
  has(message: string): boolean {
    return this.entries.some((entry) => {
      const frame = frameIn(entry);
      return frame !== null && 'id' in frame && frame.id === message;
    });
  }

  /** Returns a function that removes the listener again. */
  listen: Listen = (listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}
