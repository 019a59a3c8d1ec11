/** The ledger of promises: what was accepted, what became of it, and what was broken; green only for a reason. */
import type { ReactNode } from 'react';
import type { LabLedger } from '../protocol/http';
import { clockTime, count, exactTime } from '../ui/format';
import { isGreen, type LedgerCounts } from './ledger';
import type { LedgerView } from './useLedger';

const PROMISES: readonly { key: keyof LedgerCounts; name: string; about: string; bad: boolean }[] = [
  { key: 'accepted', name: 'accepted', about: 'Confirmed by the broker: will be answered and stored.', bad: false },
  { key: 'answered', name: 'answered', about: 'Their reply has ended, whole, stopped or failed.', bad: false },
  { key: 'open', name: 'open', about: 'Accepted, and their reply has not ended yet.', bad: false },
  {
    key: 'lost',
    name: 'lost',
    about: 'A later message of the conversation is answered, and this one is not.',
    bad: true,
  },
  { key: 'doubled', name: 'doubled', about: 'An event, or the end of a reply, that came twice.', bad: true },
  { key: 'out_of_order', name: 'out of order', about: 'Answered in another order than sent.', bad: true },
  { key: 'leaked', name: 'leaked', about: 'An event of a conversation that belongs to another owner.', bad: true },
  { key: 'broken', name: 'broken', about: 'A part is missing, or a text is not the sum of its parts.', bad: true },
];

export type Counts = Omit<LedgerCounts, 'unknown'>;

interface RowProps {
  name: string;
  counts: Counts;
  range: ReactNode;
  faults: readonly string[];
}

export function verdictOf(counts: Counts): { kind: string; text: string } {
  if (!isGreen(counts)) return { kind: 'red', text: 'A promise was broken' };
  if (counts.accepted === 0) return { kind: 'empty', text: 'No promise yet' };
  return { kind: 'green', text: counts.open > 0 ? 'Kept so far' : 'All kept' };
}

export function LedgerRow({ name, counts, range, faults }: RowProps) {
  const { kind, text } = verdictOf(counts);
  return (
    <section className={`ledger ${kind}`} aria-label={`Ledger of ${name}`}>
      <p className="ledger-verdict">
        <strong role={kind === 'red' ? 'alert' : undefined}>{text}</strong> <span>{range}</span>
      </p>
      <dl>
        {PROMISES.map((one) => (
          <div
            key={one.key}
            className={one.bad ? (counts[one.key as keyof Counts] > 0 ? 'bad' : 'kept') : undefined}
            title={one.about}
          >
            <dt>{one.name}</dt>
            <dd>{count(counts[one.key as keyof Counts])}</dd>
          </div>
        ))}
      </dl>
      {faults.length > 0 && (
        <details>
          <summary>What is wrong</summary>
          <ul>
            {faults.map((fault) => (
              <li key={fault}>{fault}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function rangeOf({ frames, dropped, since, counts }: LedgerView): string {
  if (since === null) return 'no frames yet';
  const left = dropped > 0 ? `; ${count(dropped)} older ones are no longer kept` : '';
  const unseen =
    counts.unknown > 0 ? `; ${count(counts.unknown)} accepted before the log began anew, not followed` : '';
  return `${count(frames)} ${frames === 1 ? 'frame' : 'frames'} since ${clockTime(since)}${left}${unseen}`;
}

interface Props {
  tab: LedgerView;
  /** Of which trace, if it is not live. */
  of: string | null;
  node: LabLedger | null;
  children: ReactNode;
}

/** Stays in view; `children` stay with it. */
export function LedgerStrip({ tab, of, node, children }: Props) {
  return (
    <div className="ledgers">
      <LedgerRow
        name={of ? 'the trace' : 'this tab'}
        counts={tab.counts}
        faults={tab.faults}
        range={
          <span title={tab.since === null ? undefined : exactTime(tab.since)}>
            {of ? 'the trace' : 'this tab'}: {rangeOf(tab)}
          </span>
        }
      />
      {node && (
        <LedgerRow
          name="the node"
          counts={node}
          faults={node.faults}
          range={`everybody: offsets ${count(node.from)}–${count(node.to)}`}
        />
      )}
      {children}
    </div>
  );
}
