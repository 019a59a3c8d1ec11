/** What the frames of a tab show of one message: the experiments' questions to them. Pure. */
import type { TraceEntry } from '../chat/recording';
import type { ReplyDelta, ServerFrame } from '../protocol/wire';
import { duration } from '../ui/format';

export function framesOf(entries: readonly TraceEntry[], message: string): readonly ServerFrame[] {
  return entries.flatMap((entry) => {
    if (!('received' in entry)) return [];
    const { received: frame } = entry;
    const about = ('message_id' in frame && frame.message_id === message) || ('id' in frame && frame.id === message);
    return about ? [frame] : [];
  });
}

export function partsOf(entries: readonly TraceEntry[], message: string): readonly ReplyDelta[] {
  return framesOf(entries, message).filter((frame) => frame.type === 'reply.delta');
}

/** Null until the message is answered. */
export function answered(entries: readonly TraceEntry[], message: string): readonly ServerFrame[] | null {
  const frames = framesOf(entries, message);
  return frames.some(({ type }) => type === 'reply.completed' || type === 'reply.failed') ? frames : null;
}

/** Not null once so many parts of its reply are there. */
export function begun(message: string, parts: number) {
  return (entries: readonly TraceEntry[]) => (partsOf(entries, message).length >= parts ? true : null);
}

export const killed = (frames: readonly ServerFrame[]): string => {
  const attempts = frames.filter((frame) => frame.type === 'reply.started');
  const parts = frames.filter((frame) => frame.type === 'reply.delta');
  const second = parts.find((part) => part.attempt > 1);
  if (!second) return 'The responder ended after the reply was whole: nothing was left to do for another.';
  const [first, other] = [attempts[0]?.worker, attempts.find((one) => one.attempt === second.attempt)?.worker];
  return `${first} ended after part ${second.index}. ${other} went on with part ${second.index + 1}: ${parts.length} parts, none twice.`;
};

/** How many replies were under way at a time, at most. */
export function mostOpen(entries: readonly TraceEntry[]): number {
  const open = new Set<string>();
  let most = 0;
  for (const entry of entries) {
    if (!('received' in entry)) continue;
    const { received: frame } = entry;
    if (frame.type === 'reply.started') open.add(frame.reply_id);
    else if (frame.type === 'reply.completed' || frame.type === 'reply.failed') open.delete(frame.reply_id);
    most = Math.max(most, open.size);
  }
  return most;
}

/** How long after a message was sent the first frame of a type about it came. */
export function timeBetween(entries: readonly TraceEntry[], message: string, type: ServerFrame['type']): string {
  const sent = entries.find((entry) => 'sent' in entry && 'id' in entry.sent && entry.sent.id === message);
  const got = entries.find(
    (entry) => 'received' in entry && entry.received.type === type && framesOf([entry], message).length > 0,
  );
  return sent && got ? duration(got.at - sent.at) : 'no time';
}

/** The longest time that this tab waited for the next part of a message's reply. */
export function longestGap(entries: readonly TraceEntry[], message: string): number {
  const times = entries.filter((entry) => partsOf([entry], message).length > 0).map(({ at }) => at);
  return Math.max(0, ...times.slice(1).map((at, place) => at - (times[place] ?? at)));
}

/** What became of several messages once all are answered, in one sentence; null before. */
export function outcomeOf(entries: readonly TraceEntry[], messages: readonly string[]): string | null {
  const all = messages.map((message) => framesOf(entries, message));
  const counted = (type: ServerFrame['type']) => all.map((frames) => frames.filter((one) => one.type === type).length);
  const ends = counted('reply.completed');
  if (ends.some((count) => count === 0)) return null;
  const again = counted('reply.started').filter((count) => count > 1).length;
  const once = ends.every((count) => count === 1) ? 'each once' : `${Math.max(...ends)} times at most`;
  const how = again === 0 ? 'none was begun anew' : `${again} were begun by one responder and ended by another`;
  return `All ${messages.length} were answered, ${once}; ${how}.`;
}
