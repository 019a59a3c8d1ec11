/** The promises of the pipeline, counted over the frames of one tab. Pure: the same frames give the same ledger. */
import type { TraceEntry } from '../chat/recording';
import { isEvent } from '../protocol/decode';
import type { ReplyCompleted, ReplyDelta, ReplyFailed, ServerEvent, ServerFrame } from '../protocol/wire';

/** `accepted` = `answered` + `open` + `unknown` + `lost`. */
export interface LedgerCounts {
  accepted: number;
  /** Includes `failed`. */
  answered: number;
  failed: number;
  open: number;
  /** Accepted before the log could not be resumed: this tab did not see what became of them. */
  unknown: number;
  /** A later message of the same conversation is answered, and this one is not. */
  lost: number;
  /** An event, or the end of a reply, that came twice. */
  doubled: number;
  /** Answered in another order than sent, or a part after its reply's end. */
  out_of_order: number;
  /** An event of a conversation that belongs to another owner. */
  leaked: number;
  /** A part that is missing, or a text that is not the sum of its parts. */
  broken: number;
}

const MAX_FAULTS = 20; // sentences that are kept

interface Promised {
  conversation: string;
  /** Replies that were promised: one to the message, one more for each that was requested again. */
  replies: number;
  ends: Set<string>;
  failed: boolean;
  unknown: boolean;
}

interface Parts {
  next: number;
  text: string;
  /** Its beginning was seen, so no part may be missing. */
  whole: boolean;
}

export class Ledger {
  readonly faults: string[] = [];
  private doubled = 0;
  private outOfOrder = 0;
  private leaked = 0;
  private broken = 0;
  private owner = '';
  private readonly owners = new Map<string, string>();
  private readonly requested = new Map<string, string>();
  private readonly accepted = new Set<string>();
  private readonly promises = new Map<string, Promised>();
  private readonly seen = new Set<string>();
  private readonly created = new Set<string>();
  private readonly parts = new Map<string, Parts>();
  private readonly ended = new Set<string>();
  private readonly sentOrder = new Map<string, string[]>();

  add(entry: TraceEntry): void {
    if ('sent' in entry) {
      if (entry.sent.type === 'reply.regenerate') this.requested.set(entry.sent.id, entry.sent.message_id);
    } else if ('received' in entry) this.received(entry.received);
  }

  /** Everything counted so far. */
  counts(): LedgerCounts {
    const { doubled, leaked, broken, outOfOrder: out_of_order } = this;
    const counts = { accepted: 0, answered: 0, failed: 0, open: 0, unknown: 0, lost: 0 };
    for (const [id, one] of this.promises) {
      const answered = Math.min(one.replies, one.ends.size);
      const left = one.replies - answered;
      counts.accepted += one.replies;
      counts.answered += answered;
      if (one.failed) counts.failed += 1;
      if (left === 0) continue;
      if (answered === 0 && this.overtaken(id, one)) counts.lost += left;
      else if (one.unknown) counts.unknown += left;
      else counts.open += left;
    }
    return { ...counts, doubled, out_of_order, leaked, broken };
  }

  private received(frame: ServerFrame): void {
    if (frame.type === 'welcome') {
      this.owner = frame.owner;
      if (!frame.resumed) this.begunAnew();
      return;
    }
    if (frame.type === 'message.accepted') this.onAccepted(frame.id, frame.conversation_id);
    if (!isEvent(frame) && frame.type !== 'message.accepted') return;
    const owner = this.owners.get(frame.conversation_id);
    if (owner === undefined) this.owners.set(frame.conversation_id, this.owner);
    else if (owner !== this.owner) this.fault('leaked', `${frame.type} of a conversation of another owner`);
    if (isEvent(frame)) this.onEvent(frame);
  }

  /** The log could not be resumed: what was under way is read by HTTP, which is not counted here. */
  private begunAnew(): void {
    this.seen.clear();
    this.created.clear();
    this.parts.clear();
    for (const one of this.promises.values()) one.unknown = true;
  }

  private onAccepted(id: string, conversation: string): void {
    if (this.accepted.has(id)) return; // sent again after a lost connection: the same promise
    this.accepted.add(id);
    const message = this.requested.get(id) ?? id;
    const known = this.promises.get(message);
    if (known) known.replies += 1;
    else {
      const ends = new Set<string>();
      this.promises.set(message, { conversation, replies: 1, ends, failed: false, unknown: false });
    }
    if (message === id) this.sentOrder.set(conversation, [...(this.sentOrder.get(conversation) ?? []), id]);
  }

  private onEvent(event: ServerEvent): void {
    this.once(event);
    if (event.type === 'message.created') this.created.add(event.id);
    else if (event.type === 'reply.started') {
      if (event.restarted) this.parts.delete(event.reply_id);
    } else if (event.type === 'conversation.deleted') this.onDeleted(event.conversation_id);
    else if (event.type === 'reply.delta') this.onDelta(event);
    else if (event.type === 'reply.completed' || event.type === 'reply.failed') this.onEnd(event);
  }

  /** What its owner deleted while it waited is owed to nobody. */
  private onDeleted(conversation: string): void {
    for (const [id, one] of this.promises)
      if (one.conversation === conversation && one.ends.size < one.replies) this.promises.delete(id);
  }

  private once(event: ServerEvent): void {
    if (!('reply_id' in event) && event.type !== 'message.created') return;
    const subject = 'reply_id' in event ? event.reply_id : event.id;
    const place = 'index' in event ? event.index : event.type === 'reply.started' ? event.attempt : '';
    const key = `${event.type} ${subject} ${place}`;
    if (this.seen.has(key)) this.fault('doubled', `${event.type} of ${subject} came twice`);
    this.seen.add(key);
  }

  private partsOf(event: ReplyDelta | ReplyCompleted): Parts {
    const known = this.parts.get(event.reply_id);
    if (known) return known;
    const whole = this.created.has(event.message_id);
    const begun = { next: whole ? 0 : 'index' in event ? event.index : event.parts, text: '', whole };
    this.parts.set(event.reply_id, begun);
    return begun;
  }

  private onDelta(event: ReplyDelta): void {
    const { reply_id, index } = event;
    const parts = this.partsOf(event);
    if (this.ended.has(reply_id)) this.fault('outOfOrder', `part ${index} of ${reply_id} came after its end`);
    if (index > parts.next) this.fault('broken', `part ${parts.next} of ${reply_id} is missing`);
    if (index >= parts.next) parts.text += event.text;
    parts.next = Math.max(parts.next, index + 1);
  }

  private onEnd(event: ReplyCompleted | ReplyFailed): void {
    this.ended.add(event.reply_id);
    if (event.type === 'reply.completed') {
      const parts = this.partsOf(event);
      if (parts.whole && (parts.next !== event.parts || parts.text !== event.text))
        this.fault('broken', `the parts of ${event.reply_id} are not its text`);
    }
    const promise = this.promises.get(event.message_id);
    if (!promise) return;
    const first = promise.ends.size === 0;
    promise.ends.add(event.reply_id);
    if (event.type === 'reply.failed') promise.failed = true;
    if (first && this.overtaken(event.message_id, promise))
      this.fault('outOfOrder', `${event.message_id} was answered after a later message of its conversation`);
  }

  private overtaken(id: string, { conversation }: Promised): boolean {
    const order = this.sentOrder.get(conversation) ?? [];
    return order.slice(order.indexOf(id) + 1).some((later) => (this.promises.get(later)?.ends.size ?? 0) > 0);
  }

  private fault(kind: 'doubled' | 'outOfOrder' | 'leaked' | 'broken', sentence: string): void {
    this[kind] += 1;
    if (this.faults.length < MAX_FAULTS) this.faults.push(sentence);
  }
}

export function ledgerOf(entries: readonly TraceEntry[]): Ledger {
  const ledger = new Ledger();
  for (const entry of entries) ledger.add(entry);
  return ledger;
}

export function isGreen(
  counts: Pick<LedgerCounts, 'lost' | 'doubled' | 'out_of_order' | 'leaked' | 'broken'>,
): boolean {
  return counts.lost + counts.doubled + counts.out_of_order + counts.leaked + counts.broken === 0;
}
