/** The pipeline view: the ledger of promises, the picture with live numbers, and time travel over this tab's frames. */
import { useEffect, useState } from 'react';
import { newId } from '../chat/ids';
import { useChat, useChatState } from '../ui/context';
import { Icon } from '../ui/Icon';
import { Diagram } from '../ui/pipeline/Diagram';
import { EventLog } from '../ui/pipeline/EventLog';
import { FramesContext } from '../ui/pipeline/frames';
import { OperatorToken } from '../ui/pipeline/OperatorToken';
import type { Snapshot } from '../ui/pipeline/snapshot';
import { usePipeline } from '../ui/pipeline/usePipeline';
import { LedgerStrip } from './LedgerStrip';
import { Moment } from './Moment';
import { snapshotOf } from './moment';
import { TimeBar } from './TimeBar';
import { chooseTrace, saveTrace } from './trace-files';
import { useLedger } from './useLedger';
import { useTimeTravel } from './useTimeTravel';
import { useTraceRequests } from './useTraceRequests';
import '../ui/style/pipeline-view.css';

const SAMPLE = '/words 60'; // long enough to be watched, short enough to be repeated
const CLOSED = 'This server shows its numbers to operators alone. Dots are your own messages, moving when they move.';
const REWOUND =
  'What this tab had got at that moment, folded from its frames by the page’s own reducer. Nothing is sent.';

function description(snapshot: Snapshot): string {
  if (!snapshot) return 'Asking the backend.';
  const store =
    snapshot.store?.up === false ? ' The database is away: people still chat, and it catches up when it is back.' : '';
  if (snapshot.broker?.up === false)
    return `The broker is away. What you say waits here, and goes out when it is back.${store}`;
  return snapshot.broker?.kind === 'embedded'
    ? `Embedded mode: broker and log live inside the backend’s own process, with the same rules as RabbitMQ. Dots are your own messages, moving when they move.${store}`
    : `RabbitMQ carries it all. Dots are your own messages, moving when they move; the numbers are everybody’s.${store}`;
}

function unreachable(snapshot: Snapshot, problem: string): string {
  const numbers = snapshot ? ' The numbers are old.' : '';
  return `The backend does not answer, so nothing is known of the pipeline now. ${problem}${numbers}`;
}

/** Sends a sample message; its conversation is not the user's: it is not listed, and deleted with the view. */
function useSample(): () => void {
  const { client } = useChat();
  const [sample] = useState(newId);
  const known = useChatState((state) => state.threads[sample] !== undefined);
  useEffect(() => () => client.deletions.carryOut(sample), [client, sample]);
  return () => {
    client.deletions.hide(sample);
    client.send(sample, SAMPLE, {}, !known);
  };
}

export function Laboratory() {
  const live = useChatState((state) => state.live);
  const sendOne = useSample();
  const { snapshot, problem, closed, retry } = usePipeline();
  const time = useTimeTravel();
  const { trace, state, count } = time;
  const ledger = useLedger(trace, count);
  const rewind = useTraceRequests(time.open);
  const lead = trace ? REWOUND : closed ? CLOSED : problem ? unreachable(snapshot, problem) : description(snapshot);
  return (
    <FramesContext value={trace ? time.listen : null}>
      <section className={trace ? 'pipeline rewound' : 'pipeline'} tabIndex={0} aria-label="The pipeline">
        <div className="pipeline-inner">
          <div className="pipeline-head">
            <div>
              <h1>One queue in, one log out</h1>
              <p className="pipeline-lead">{lead}</p>
            </div>
            <div className="button-row">
              <button type="button" className="button" onClick={rewind}>
                <Icon name="clock" /> Rewind
              </button>
              <button type="button" className="button" onClick={() => chooseTrace(time.open)}>
                <Icon name="load" /> Open a trace
              </button>
              <button type="button" className="button primary" disabled={!live || trace !== null} onClick={sendOne}>
                <Icon name="up" /> Send one through
              </button>
            </div>
          </div>
          {closed && !trace && <OperatorToken onOpen={retry} />}
          <LedgerStrip tab={ledger} of={trace?.name ?? null} node={null}>
            {trace && <TimeBar time={time} trace={trace} onSave={() => saveTrace(trace)} />}
          </LedgerStrip>
          <Diagram
            snapshot={state ? snapshotOf(state, count) : snapshot}
            reachable={trace !== null || !problem || closed}
          />
          {trace ? <Moment time={time} /> : <EventLog />}
        </div>
      </section>
    </FramesContext>
  );
}
