/** The outbox: messages that the server has not confirmed yet. Pure rules over the list of entries. */
import type { ErrorFrame } from '../protocol/wire';
import type { ChatState, OutboxEntry } from './state';

export type OutboxAction =
  | { type: 'outbox.added'; entry: OutboxEntry }
  | { type: 'outbox.editing'; id: string; on: boolean }
  | { type: 'outbox.edited'; id: string; text: string; newId: string }
  | { type: 'outbox.dropped'; id: string }
  | { type: 'outbox.retried'; id: string; newId: string }
  | { type: 'outbox.sent'; id: string; now: number };

export function changed(
  outbox: readonly OutboxEntry[],
  id: string,
  change: (entry: OutboxEntry) => OutboxEntry,
): readonly OutboxEntry[] {
  return outbox.map((entry) => (entry.id === id ? change(entry) : entry));
}

export function without(outbox: readonly OutboxEntry[], id: string): readonly OutboxEntry[] {
  return outbox.some((entry) => entry.id === id) ? outbox.filter((entry) => entry.id !== id) : outbox;
}

/** A lost socket puts unconfirmed entries back into the queue; their ids are idempotency keys, so nothing is sent twice. */
export function requeued(outbox: readonly OutboxEntry[]): readonly OutboxEntry[] {
  return outbox.map((entry) => (entry.phase === 'sent' ? { ...entry, phase: 'queued' as const } : entry));
}

/** The server may know the message already: its text is fixed, and it can be stopped but not withdrawn. */
export function wasSent(entry: OutboxEntry): boolean {
  return entry.sends > 0;
}

/** Whether the entry is a message, and not a regenerate or a stop. */
export function isMessage(entry: OutboxEntry): boolean {
  return entry.regenerates === undefined && entry.stops === undefined;
}

/** A conversation that is not loaded yet may have a running reply; one that failed to load does not block sending. */
function mayRun(state: ChatState, id: string): boolean {
  const loaded = state.threads[id]?.loaded ?? 'no';
  return loaded === 'no' || loaded === 'loading' || (state.running[id]?.length ?? 0) > 0;
}

/**
 * The entries to send now, in order. One message of a conversation is in flight at a time, and none while a
 * reply runs there: a queued message can still be edited. A message that was sent before is sent again at once.
 */
export function due(state: ChatState, now: number): readonly OutboxEntry[] {
  if (!state.live) return [];
  const blocked = new Set<string>();
  const ready: OutboxEntry[] = [];
  for (const entry of state.outbox) {
    const early = entry.notBefore !== undefined && entry.notBefore > now;
    if (entry.stops) {
      if (entry.phase === 'queued' && !early) ready.push(entry);
      continue; // a stop waits for no message, and none waits for it
    }
    if (entry.phase === 'failed' || blocked.has(entry.conversation_id)) continue;
    const busy = !wasSent(entry) && mayRun(state, entry.conversation_id);
    if (entry.phase === 'queued' && !busy && !early && !entry.editing) ready.push(entry);
    if (entry.phase !== 'accepted' || !entry.regenerates) blocked.add(entry.conversation_id);
  }
  return ready;
}

/** The earliest time at which an entry that the server deferred becomes due. */
export function nextDue(state: ChatState, now: number): number | null {
  const times = state.outbox.flatMap((entry) =>
    entry.phase === 'queued' && entry.notBefore !== undefined && entry.notBefore > now ? [entry.notBefore] : [],
  );
  return times.length > 0 ? Math.min(...times) : null;
}

const RETRYABLE = new Set(['busy', 'rate_limited']);
const DEFAULT_RETRY_S = 2; // when the server gives no `retry_after_s`

/** A stop has no id: its refusal names the message, or nothing where the frame was not even read. */
function isRefused({ id, stops, phase }: OutboxEntry, ref: string | null | undefined): boolean {
  return stops === undefined ? id === ref : phase === 'sent' && (!ref || stops === ref);
}

export function onRefused(state: ChatState, frame: ErrorFrame, now: number): ChatState {
  const passes = RETRYABLE.has(frame.code) || frame.retry_after_s !== undefined;
  if (!frame.ref && !passes) return state;
  const notBefore = now + (frame.retry_after_s ?? DEFAULT_RETRY_S) * 1_000;
  const problem = { code: frame.code, detail: frame.detail };
  const outbox = state.outbox.flatMap((entry): OutboxEntry[] => {
    if (!isRefused(entry, frame.ref)) return [entry];
    if (passes) return [{ ...entry, phase: 'queued', notBefore, problem }];
    return entry.stops ? [] : [{ ...entry, phase: 'failed', problem }]; // there is nothing to stop
  });
  return { ...state, outbox };
}

export function onOutbox(state: ChatState, action: OutboxAction): ChatState {
  switch (action.type) {
    case 'outbox.added': {
      const { entry } = action;
      const next = { ...state, outbox: [...state.outbox, entry] };
      return isMessage(entry) ? { ...next, clocks: { ...state.clocks, [entry.id]: { typed: entry.createdAt } } } : next;
    }
    case 'outbox.editing': {
      const outbox = changed(state.outbox, action.id, ({ editing: _editing, ...entry }) =>
        action.on ? { ...entry, editing: true } : entry,
      );
      return { ...state, outbox };
    }
    case 'outbox.edited':
    case 'outbox.retried': {
      const fresh = (entry: OutboxEntry): OutboxEntry => {
        const { problem: _problem, notBefore: _notBefore, editing: _editing, ...rest } = entry;
        const text = action.type === 'outbox.edited' ? action.text : entry.text;
        return { ...rest, id: action.newId, text, phase: 'queued', sends: 0 };
      };
      const clock = state.clocks[action.id];
      const clocks = clock ? { ...state.clocks, [action.newId]: { typed: clock.typed } } : state.clocks;
      return { ...state, clocks, outbox: changed(state.outbox, action.id, fresh) };
    }
    case 'outbox.dropped':
      return { ...state, outbox: without(state.outbox, action.id) };
    case 'outbox.sent': {
      const clock = state.clocks[action.id];
      const clocks =
        clock && !clock.sent ? { ...state.clocks, [action.id]: { ...clock, sent: action.now } } : state.clocks;
      const outbox = changed(state.outbox, action.id, (entry) => {
        const { notBefore: _notBefore, ...rest } = entry; // why it had to wait stays until it is accepted
        return { ...rest, phase: 'sent', sends: entry.sends + 1 };
      });
      return { ...state, clocks, outbox };
    }
  }
}
