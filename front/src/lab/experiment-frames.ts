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
  return `${first} ended behind part ${second.index}. ${other} went on with part ${second.index + 1}: ${parts.length} parts, none twice.`;
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

export const longestGap = (parts: readonly ReplyDelta[]): number =>
  Math.max(0, ...parts.slice(1).map((part, place) => Date.parse(part.at) - Date.parse(parts[place]?.at ?? part.at)));
