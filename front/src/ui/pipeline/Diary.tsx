/** The last things that happened on the way of this page's own messages, newest first. */
import { useEffect, useState } from 'react';
import type { RouteMove } from '../../chat/client';
import { useChat } from '../context';

interface Line {
  key: number;
  at: number;
  move: RouteMove;
  /** How many of these came in a row; parts do not get a line each. */
  count: number;
}

const SHOWN = 8;

const WORDS: Record<RouteMove, { place: string; what(count: number): string }> = {
  sent: { place: 'sockets', what: () => 'a message left this page' },
  accepted: { place: 'chat_queue', what: () => 'the broker confirmed it: it will be answered' },
  created: { place: 'chat_responses', what: () => 'it stands in the log, for every reader' },
  started: { place: 'responders', what: () => 'a responder took it from the queue' },
  part: {
    place: 'relay',
    what: (count) => (count === 1 ? 'one part of the reply came back' : `${count} parts of the reply came back`),
  },
  ended: { place: 'chat_responses', what: () => 'the reply is whole, and on its way into Postgres' },
};

function added(lines: readonly Line[], move: RouteMove): readonly Line[] {
  const [first, ...rest] = lines;
  if (first && first.move === move) return [{ ...first, at: Date.now(), count: first.count + 1 }, ...rest];
  return [{ key: (first?.key ?? 0) + 1, at: Date.now(), move, count: 1 }, ...lines].slice(0, SHOWN);
}

function timeOf(at: number): string {
  const date = new Date(at);
  return `${date.toLocaleTimeString(undefined, { hour12: false })}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

export function Diary() {
  const { client } = useChat();
  const [lines, setLines] = useState<readonly Line[]>([]);
  useEffect(() => client.onMove((move) => setLines((was) => added(was, move))), [client]);
  return (
    <section className="diary" aria-label="What just happened">
      <h2>What just happened</h2>
      {lines.length === 0 ? (
        <p>Nothing yet. Send one through, and every step is written down here.</p>
      ) : (
        <ol>
          {lines.map((line) => (
            <li key={line.key}>
              <time>{timeOf(line.at)}</time>
              <code>{WORDS[line.move].place}</code>
              <span>{WORDS[line.move].what(line.count)}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
