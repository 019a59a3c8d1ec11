/** The ledger of this tab's frames, counted on four times a second while anything comes. */
import { useEffect, useRef, useState } from 'react';
import type { TraceEntry } from '../chat/recording';
import { useChat } from '../ui/context';
import { Ledger, type LedgerCounts, ledgerOf } from './ledger';
import type { Trace } from './trace';

const UPDATE_MS = 250;

export interface LedgerView {
  counts: LedgerCounts;
  faults: readonly string[];
  /** Over which entries it was counted. */
  frames: number;
  dropped: number;
  since: number | null;
}

function viewOf(ledger: Ledger, entries: readonly TraceEntry[], count: number, dropped: number): LedgerView {
  const { faults } = ledger;
  return { counts: ledger.counts(), faults: [...faults], frames: count, dropped, since: entries[0]?.at ?? null };
}

/** Counted over the recording, or over the first `count` entries of a trace. */
export function useLedger(trace: Trace | null, count: number): LedgerView {
  const { client } = useChat();
  const counted = useRef({ ledger: new Ledger(), entries: null as readonly TraceEntry[] | null, count: 0, dropped: 0 });
  const upTo = (entries: readonly TraceEntry[], end: number, dropped: number): LedgerView => {
    const now = counted.current;
    // The recording grows in place; anything else is counted anew.
    if (now.entries !== entries || now.dropped !== dropped || now.count > end)
      counted.current = { ledger: ledgerOf(entries.slice(0, end)), entries, count: end, dropped };
    else {
      for (const entry of entries.slice(now.count, end)) now.ledger.add(entry);
      now.count = end;
    }
    return viewOf(counted.current.ledger, entries, end, dropped);
  };
  const live = () => upTo(client.recorder.entries, client.recorder.entries.length, client.recorder.dropped);
  const [view, setView] = useState(live);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `live` reads the recorder and a ref
  useEffect(() => {
    if (trace) return;
    setView(live());
    let timer: ReturnType<typeof setTimeout> | undefined;
    const forget = client.recorder.listen(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        setView(live());
      }, UPDATE_MS);
    });
    return () => {
      clearTimeout(timer);
      forget();
    };
  }, [client, trace]);
  return trace ? upTo(trace.entries, count, trace.dropped) : view;
}
