/** The one store: it holds the state and hands actions to the reducer. Events are painted once a frame. */
import { createStore } from 'zustand/vanilla';
import { type Action, reduceAll } from './reducer';
import { type ChatState, INITIAL } from './state';

/** Runs a job soon, once a frame where there are frames. */
export type Soon = (job: () => void) => void;

const HIDDEN_MS = 60; // a hidden tab gets no frames, but its title and dots still have to move

export const onNextFrame: Soon = (job) => {
  let done = false;
  const once = () => {
    if (done) return;
    done = true;
    job();
  };
  if (typeof requestAnimationFrame === 'function') requestAnimationFrame(once);
  setTimeout(once, HIDDEN_MS);
};

export class ChatStore {
  readonly zustand = createStore<ChatState>(() => INITIAL);
  private pending: Action[] = [];

  constructor(private readonly soon: Soon = onNextFrame) {}

  get state(): ChatState {
    this.flush();
    return this.zustand.getState();
  }

  /** At once, after whatever was queued before it. */
  dispatch(...actions: Action[]): void {
    this.pending.push(...actions);
    this.flush();
  }

  /** With the next frame: for events that arrive faster than anybody can look. */
  queue(action: Action): void {
    this.pending.push(action);
    if (this.pending.length === 1) this.soon(() => this.flush());
  }

  private flush(): void {
    if (this.pending.length === 0) return;
    const actions = this.pending;
    this.pending = [];
    this.zustand.setState(reduceAll(this.zustand.getState(), actions), true);
  }
}
