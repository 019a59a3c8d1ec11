/** The pipeline for a wall: throughput, depth, lag and whether every promise was kept, large. */
import { useEffect, useRef } from 'react';
import { count, duration } from '../ui/format';
import { queueOf, type Snapshot } from '../ui/pipeline/snapshot';
import { type Counts, verdictOf } from './LedgerStrip';

function numbersOf(snapshot: Snapshot): readonly (readonly [string, string])[] {
  const queue = queueOf(snapshot, 'chat_queue');
  const lag = snapshot?.relay?.lag_ms;
  return [
    ['messages a second', count(snapshot?.rates?.messages_per_s)],
    ['events a second', count(snapshot?.rates?.events_per_s)],
    ['waiting in chat_queue', count(queue?.depth)],
    ['open turns', count(snapshot?.open_turns)],
    ['behind the log', lag === null || lag === undefined ? '–' : duration(lag)],
    ['not stored yet', count(snapshot?.recorder?.pending)],
  ];
}

interface Props {
  snapshot: Snapshot;
  /** The backend does not answer: the numbers are old. */
  problem: string | null;
  /** The node's ledger where there is one, else this tab's. */
  counts: Counts;
  whose: string;
  onClose(): void;
}

export function Board({ snapshot, problem, counts, whose, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const board = useRef<HTMLElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    board.current?.focus();
  }, []);
  const { kind, text } = verdictOf(counts);
  const broken = counts.lost + counts.doubled + counts.out_of_order + counts.leaked + counts.broken;
  return (
    <dialog ref={dialog} className="board-dialog" aria-label="The pipeline, for a wall" onClose={onClose}>
      <section className="board" ref={board} tabIndex={-1} aria-label="Board">
        <div className="board-head">
          <h1>{problem ? 'The backend does not answer' : 'Myna, now'}</h1>
          <div className="button-row">
            <button type="button" className="button" onClick={() => void board.current?.requestFullscreen()}>
              Fill the screen
            </button>
            <button type="button" className="button" onClick={() => dialog.current?.close()}>
              Leave the board
            </button>
          </div>
        </div>
        <dl className="board-numbers">
          {numbersOf(snapshot).map(([name, value]) => {
            const [number, unit] = problem ? ['–'] : value.split(' ');
            return (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  {number} {unit && <small>{unit}</small>}
                </dd>
              </div>
            );
          })}
        </dl>
        <p className={`board-verdict ${kind}`}>
          <strong>{text}</strong> {count(counts.accepted)} accepted, {count(counts.answered)} answered,{' '}
          {count(counts.open)} open, {count(broken)} broken: {whose}
        </p>
      </section>
    </dialog>
  );
}
