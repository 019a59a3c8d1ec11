/** Traces from files and addresses, and to files. */
import type { Chat } from '../ui/context';
import { download } from '../ui/conversation-actions';
import { toast } from '../ui/toasts';
import EXAMPLE from './example-trace.json?url';
import { MAX_FILE_BYTES, parseTrace, type Trace, traceText, turnIn } from './trace';

/** Null where the file is no trace; what is wrong with it is said on the page. */
export async function traceOf(file: File): Promise<Trace | null> {
  try {
    if (file.size > MAX_FILE_BYTES) throw new Error(`It has more than ${MAX_FILE_BYTES / 1e6} MB.`);
    return parseTrace(await file.text(), file.name);
  } catch (error) {
    toast(`“${file.name}” could not be opened. ${error instanceof Error ? error.message : ''}`);
    return null;
  }
}

/** The trace that comes with the page; it needs no server but the page's own. */
export async function exampleTrace(): Promise<Trace | null> {
  try {
    const answer = await fetch(EXAMPLE);
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    return parseTrace(await answer.text(), 'The example: a responder is killed in the middle of a reply');
  } catch (error) {
    toast(`The example could not be loaded. ${error instanceof Error ? error.message : ''}`);
    return null;
  }
}

/** What this tab has recorded, or one turn of it; null where there is nothing. */
export function recorded({ client }: Chat, message?: string): Trace | null {
  const { entries, dropped } = client.recorder;
  const kept = message ? turnIn(entries, message) : [...entries];
  return kept.length === 0 ? null : { name: message ? 'One turn of this tab' : 'This tab', entries: kept, dropped };
}

export function chooseTrace(onTrace: (trace: Trace) => void): void {
  const field = document.createElement('input');
  field.type = 'file';
  field.accept = '.json,application/json';
  field.addEventListener('change', () => {
    const [file] = field.files ?? [];
    if (file) void traceOf(file).then((trace) => trace && onTrace(trace));
  });
  field.click();
}

export function saveTrace(trace: Trace): void {
  const now = new Date();
  download(
    traceText(trace, now),
    `myna-trace-${now.toISOString().slice(0, 19).replaceAll(':', '-')}.json`,
    'application/json',
  );
}
