/** Opens traces as they are requested: by the address (`#example`, or `#` and a message), by a dropped file, by a button. */
import { useEffect } from 'react';
import { useChat } from '../ui/context';
import { toast } from '../ui/toasts';
import { navigate, showTrace, useView } from '../ui/view';
import type { Trace } from './trace';
import { exampleTrace, recorded, traceOf } from './trace-files';

/** Returns what opens this tab's own recording at its end. `live` leaves the trace that is open. */
export function useTraceRequests(open: (trace: Trace, count?: number) => void, live: () => void): () => void {
  const chat = useChat();
  const at = useView(({ route }) => (route.name === 'pipeline' ? route.at : undefined));
  const dropped = useView((view) => view.trace);
  useEffect(() => {
    if (!at) return;
    if (at === 'board') return live(); // it shows what is now
    if (at === 'example') {
      let wanted = true;
      void exampleTrace().then((trace) => wanted && trace && open(trace));
      return () => {
        wanted = false;
      };
    }
    const turn = recorded(chat, at);
    if (turn) open(turn);
    else toast('This tab has no recording of that turn: it keeps what it got since it was opened.');
    navigate({ name: 'pipeline' }, true);
  }, [at, chat, open, live]);
  useEffect(() => {
    if (!dropped) return;
    showTrace(null);
    void traceOf(dropped).then((trace) => trace && open(trace));
  }, [dropped, open]);
  return () => {
    const trace = recorded(chat);
    if (trace) open(trace, trace.entries.length);
    else toast('There is nothing to rewind: this tab has got no frame yet.');
  };
}
