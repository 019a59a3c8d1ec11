/** One call in words, and its stages in the pipeline. Pure. */
import type { Stage, XRay } from '../chat/xray';
import type { JournalEntry } from '../protocol/http';
import { optionsText } from '../ui/options';

/** How it ended: "complete", "stopped", "running", or the code of its failure. */
export function outcomeOf({ status, error, finish_reason }: JournalEntry): string {
  if (status === 'streaming') return 'running';
  if (status === 'failed') return error?.code ?? 'failed';
  return finish_reason === 'length' ? 'cut at its limit' : status;
}

/** What the answer came from. */
export function sourceOf({ rule }: JournalEntry): string {
  return rule ?? 'own prose';
}

/** Who called and how, in lines of a name and a value. */
export function aboutOf(call: JournalEntry): readonly (readonly [string, string])[] {
  const options = optionsText(call.options);
  return [
    ['Answered by', sourceOf(call)],
    ['Model', call.model ?? 'none: it was said on the page'],
    ...(options ? ([['Options', options]] as const) : []),
    ...Object.entries(call.headers),
  ];
}

export function xrayOf({ timings }: JournalEntry): XRay | null {
  if (!timings) return null;
  const first = timings.first_part_ms ?? 0;
  const stages: Stage[] = [
    { kind: 'queued', name: 'waited in chat_queue', ms: timings.queued_ms },
    { kind: 'thinking', name: 'waited for the first part', ms: first },
    { kind: 'streaming', name: 'streamed', ms: Math.max(0, timings.total_ms - timings.queued_ms - first) },
  ];
  return { stages, totalMs: timings.total_ms, storedMs: null, attempts: [] };
}
