/** The chat's state at any moment of a trace, folded with the page's own reducer. */
import type { TraceEntry } from '../chat/recording';
import { type Action, reduce, reduceAll } from '../chat/reducer';
import { type ChatState, INITIAL, type OutboxEntry } from '../chat/state';
import { isEvent } from '../protocol/decode';
import type { ClientFrame, ServerFrame } from '../protocol/wire';

const KEYFRAME_EVERY = 256; // entries between two states that are kept, so that a jump back folds few

function onSent(state: ChatState, frame: ClientFrame, at: number): Action[] {
  if (frame.type === 'ping' || frame.type === 'reply.stop') return [];
  const { conversation_id, id } = frame;
  const known = state.outbox.some((entry) => entry.id === id);
  const begins = state.threads[conversation_id] === undefined;
  const entry: OutboxEntry = {
    id,
    conversation_id,
    text: frame.type === 'message.send' ? frame.text : '',
    createdAt: at,
    phase: 'queued',
    sends: 0,
    ...(frame.type === 'reply.regenerate' ? { regenerates: frame.message_id } : {}),
    ...(frame.options ? { options: frame.options } : {}),
  };
  return [
    ...(begins ? [{ type: 'thread.created', id: conversation_id } as const] : []),
    ...(known ? [] : [{ type: 'outbox.added', entry } as const]),
    { type: 'outbox.sent', id, now: at },
  ];
}

function onReceived(state: ChatState, frame: ServerFrame, now: number): Action[] {
  if (frame.type === 'welcome') {
    // After a break that could not be resumed the page reads its state by HTTP, which a trace does not have:
    // what was known stays on the screen.
    const resumed = frame.resumed || state.owner === frame.owner;
    const open = { type: 'connection', connection: { phase: 'open', since: now } } as const;
    return [open, { type: 'welcome', frame: { ...frame, resumed } }];
  }
  if (frame.type === 'message.accepted') return [{ type: 'accepted', frame, now }];
  if (frame.type === 'error') return [{ type: 'refused', frame, now }];
  if (!isEvent(frame)) return [];
  const first = state.threads[frame.conversation_id] === undefined && frame.type === 'message.created';
  const event = { type: 'event', event: frame } as const;
  return first ? [{ type: 'thread.created', id: frame.conversation_id }, event] : [event];
}

/** The state after one more entry. */
export function folded(state: ChatState, entry: TraceEntry): ChatState {
  if ('lost' in entry) {
    const connection = { phase: 'offline', since: entry.at } as const;
    return reduce(state, { type: 'connection', connection });
  }
  const actions = 'sent' in entry ? onSent(state, entry.sent, entry.at) : onReceived(state, entry.received, entry.at);
  return reduceAll(state, actions);
}

export class Playback {
  private readonly keyframes: ChatState[] = [INITIAL];
  private place = 0;
  private state = INITIAL;

  constructor(readonly entries: readonly TraceEntry[]) {}

  /** The state after the first `count` entries. */
  at(count: number): ChatState {
    const wanted = Math.max(0, Math.min(count, this.entries.length));
    const key = Math.min(Math.floor(wanted / KEYFRAME_EVERY), this.keyframes.length - 1);
    if (wanted < this.place || key * KEYFRAME_EVERY > this.place) {
      this.place = key * KEYFRAME_EVERY;
      this.state = this.keyframes[key] ?? INITIAL;
    }
    for (const entry of this.entries.slice(this.place, wanted)) {
      this.state = folded(this.state, entry);
      this.place += 1;
      if (this.place === this.keyframes.length * KEYFRAME_EVERY) this.keyframes.push(this.state);
    }
    return this.state;
  }
}

const LONGEST_PAUSE_MS = 2_000; // between two entries; in a trace of an hour nobody waits for the next word

/** When each entry is played, in milliseconds from the beginning, without the long pauses. */
export function timesOf(entries: readonly TraceEntry[]): readonly number[] {
  let [time, before] = [0, entries[0]?.at ?? 0];
  return entries.map(({ at }) => {
    time += Math.min(LONGEST_PAUSE_MS, Math.max(0, at - before));
    before = at;
    return time;
  });
}

/** How many entries have been played at a time. */
export function countAt(times: readonly number[], ms: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
