/** The latest steps of this page's own messages, newest first. */
import { useEffect, useState } from 'react';
import type { TraceEntry } from '../../chat/recording';
import { type PipelineStep, stepOf } from '../../chat/steps';
import { useFrames } from './frames';

interface Line {
  key: number;
  at: number;
  step: PipelineStep;
  /** Equal steps in a row share one line; this is their number. */
  count: number;
}

const SHOWN = 8;
const SAY_MS = 500; // a step is read out once it has been the latest for so long: not each of hundreds
const SHOW_MS = 100; // between two renders, however fast events come

const TEXTS: Record<PipelineStep, { node: string; what(count: number): string }> = {
  sent: { node: 'sockets', what: () => 'a message left this page' },
  accepted: { node: 'chat_queue', what: () => 'the broker confirmed it: it will be answered' },
  created: { node: 'chat_responses', what: () => 'it stands in the log, for every reader' },
  started: { node: 'responders', what: () => 'a responder took it from the queue' },
  part: {
    node: 'relay',
    what: (count) => (count === 1 ? 'one part of the reply came back' : `${count} parts of the reply came back`),
  },
  ended: { node: 'chat_responses', what: () => 'the reply is whole, and on its way into Postgres' },
};

function added(lines: readonly Line[], step: PipelineStep, at: number): readonly Line[] {
  const [first, ...rest] = lines;
  if (first && first.step === step) return [{ ...first, at, count: first.count + 1 }, ...rest];
  return [{ key: (first?.key ?? 0) + 1, at, step, count: 1 }, ...lines].slice(0, SHOWN);
}

function withEntry(lines: readonly Line[], entry: TraceEntry): readonly Line[] {
  const step = stepOf(entry);
  return step ? added(lines, step, entry.at) : lines;
}

function timeOf(at: number): string {
  const date = new Date(at);
  return `${date.toLocaleTimeString(undefined, { hour12: false })}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** `onBegin` opens the experiments, where there are any. */
export function EventLog({ onBegin }: { onBegin: (() => void) | null }) {
  const listen = useFrames();
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [said, setSaid] = useState('');
  const latest = lines.find((line) => line.step !== 'part');
  const next = latest ? TEXTS[latest.step].what(1) : '';
  useEffect(() => {
    const timer = setTimeout(() => setSaid(next), SAY_MS);
    return () => clearTimeout(timer);
  }, [next]);
  useEffect(() => {
    let pending: TraceEntry[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      const entries = pending;
      [pending, timer] = [[], undefined];
      setLines((was) => entries.reduce(withEntry, was));
    };
    const forget = listen((entry) => {
      pending.push(entry);
      timer ??= setTimeout(show, SHOW_MS);
    });
    return () => {
      clearTimeout(timer);
      forget();
    };
  }, [listen]);
  return (
    <section className="event-log" aria-label="What just happened">
      <h2>What just happened</h2>
      <p className="visually-hidden" role="status">
        {said}
      </p>
      {lines.length === 0 ? (
        <>
          <p>
            Nothing yet. Send one through, and every step is written down here. Then set prefetch to 1 and send 100: the
            queue fills.
          </p>
          {onBegin && (
            <p>
              New to queues?{' '}
              <button type="button" className="link-button" onClick={onBegin}>
                Begin with the experiments
              </button>
              : fifteen minutes, and you have seen why nothing is lost.
            </p>
          )}
        </>
      ) : (
        <ol>
          {lines.map((line) => (
            <li key={line.key}>
              <time>{timeOf(line.at)}</time>
              <code>{TEXTS[line.step].node}</code>
              <span>{TEXTS[line.step].what(line.count)}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
