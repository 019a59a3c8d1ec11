/** A trace: recorded frames with their times, as a file that anybody can open. Pure. */
import { frameIn, type TraceEntry } from '../chat/recording';
import { decodeFrame } from '../protocol/decode';
import type { ClientFrame } from '../protocol/wire';

export const SCHEMA = 'myna.trace/1';
export const MAX_FILE_BYTES = 32_000_000; // of the largest recording that a tab keeps, written as JSON
const MAX_ENTRIES = 100_000;
const SENT = new Set<string>(['message.send', 'reply.regenerate', 'reply.stop']);

export interface Trace {
  /** What it is, for people: a file's name, or where it was recorded. */
  name: string;
  entries: readonly TraceEntry[];
  /** Older entries that were not kept. */
  dropped: number;
}

export function traceText(trace: Trace, now: Date): string {
  const { entries, dropped } = trace;
  const lines = entries.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n');
  return `{\n  "schema": "${SCHEMA}",\n  "saved_at": "${now.toISOString()}",\n  "dropped": ${dropped},\n  "entries": [\n${lines}\n  ]\n}\n`;
}

function entryOf(value: unknown): TraceEntry | null {
  if (typeof value !== 'object' || value === null) return null;
  const { at, sent, received, lost } = value as Record<string, unknown>;
  if (typeof at !== 'number' || !Number.isFinite(at)) return null;
  if (lost === true) return { at, lost };
  if (sent !== undefined) {
    const frame = sent as Partial<Record<string, unknown>> | null;
    const right = frame && SENT.has(String(frame.type)) && typeof frame.conversation_id === 'string';
    return right ? { at, sent: frame as unknown as ClientFrame } : null;
  }
  const frame = received === undefined ? null : decodeFrame(JSON.stringify(received));
  return frame ? { at, received: frame } : null;
}

/** Reads a trace file; throws an error whose message says what is wrong with it. */
export function parseTrace(text: string, name: string): Trace {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    throw new Error('This is no trace: it is not JSON.');
  }
  const { schema, entries, dropped } = (typeof file === 'object' && file ? file : {}) as Record<string, unknown>;
  if (schema !== SCHEMA) throw new Error(`This is no trace: its schema is not ${SCHEMA}.`);
  if (!Array.isArray(entries) || entries.length === 0) throw new Error('This trace has no entries.');
  if (entries.length > MAX_ENTRIES) throw new Error(`This trace has more than ${MAX_ENTRIES} entries.`);
  const read = entries.map((value, place) => {
    const entry = entryOf(value);
    if (!entry) throw new Error(`Entry ${place + 1} of this trace is no frame that this page knows.`);
    return entry;
  });
  return { name, entries: read, dropped: typeof dropped === 'number' ? dropped : 0 };
}

/** The entries of one turn: from the message being sent (or seen first) to the end of its last reply. */
export function turnIn(entries: readonly TraceEntry[], message: string): readonly TraceEntry[] {
  const requests = new Set([message]);
  const touches = (entry: TraceEntry): boolean => {
    const frame = frameIn(entry);
    if (!frame) return false;
    if (frame.type === 'reply.regenerate' && frame.message_id === message) requests.add(frame.id);
    return ('message_id' in frame && frame.message_id === message) || ('id' in frame && requests.has(frame.id));
  };
  const places = entries.flatMap((entry, place) => (touches(entry) ? [place] : []));
  const [first, last] = [places[0], places.at(-1)];
  if (first === undefined || last === undefined) return [];
  // A lost connection within the turn belongs to it; what other conversations did does not.
  return entries
    .slice(first, last + 1)
    .filter((entry) => 'lost' in entry || ('received' in entry && entry.received.type === 'welcome') || touches(entry));
}
