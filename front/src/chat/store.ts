/** The store: holds the state and passes actions to the reducer. Events are batched once per animation frame. */
import { createStore } from 'zustand/vanilla';
import { type Action, reduceAll } from './reducer';
import { type ChatState, INITIAL } from './state';

/** Schedules a job, with the next animation frame where there are frames. */
export type Schedule = (job: () => void) => void;

const HIDDEN_MS = 60; // a hidden tab gets no frames, but its title still has to change

export const onNextFrame: Schedule = (job) => {
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

  constructor(private readonly schedule: Schedule = onNextFrame) {}

  get state(): ChatState {
    this.flush();
    return this.zustand.getState();
  }

  /** Applies actions at once, after those that were queued before. */
  dispatch(...actions: Action[]): void {
    this.pending.push(...actions);
    this.flush();
  }

  /** Applies an action with the next frame: for events that arrive faster than the screen refreshes. */
  queue(action: Action): void {
    this.pending.push(action);
    if (this.pending.length === 1) this.schedule(() => this.flush());
  }

  private flush(): void {
    if (this.pending.length === 0) return;
    const actions = this.pending;
    this.pending = [];
    this.zustand.setState(reduceAll(this.zustand.getState(), actions), true);
  }
}
