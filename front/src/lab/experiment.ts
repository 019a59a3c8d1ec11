/** What a guided experiment is made of, and what it may do. */
import type { TraceEntry } from '../chat/recording';
import type { FaultOrder } from './api';

/** What an experiment may do, and look at. */
export interface Tools {
  /** Sends a text in a conversation of its own; returns the message's id. */
  send(text: string, profile?: string): string;
  fault(name: string, order?: FaultOrder): Promise<void>;
  responders(order: { count?: number; prefetch?: number }): Promise<void>;
  /** As they were set before the experiment. */
  before: { count: number; prefetch: number };
  /** Resolves with the first answer that is not null; looks again as frames come. */
  until<T>(look: (entries: readonly TraceEntry[]) => T | null): Promise<T>;
  pause(ms: number): Promise<void>;
}

export interface Experiment {
  name: string;
  question: string;
  choices: readonly string[];
  /** The place of the right choice. */
  right: number;
  /** The faults it needs; it is offered where there are all of them. */
  needs: readonly string[];
  /** What to look at in the picture meanwhile. */
  watch: string;
  /** Does it, and says what was seen. */
  run(tools: Tools): Promise<string>;
  why: readonly string[];
  source: string;
  /** As pytest names it: the file and the function. */
  test: string;
}
