/** The pipeline view: the ledger of promises, the picture with live numbers, and time travel over this tab's frames. */
import { useState } from 'react';
import { useChat } from '../ui/context';
import { Diagram } from '../ui/pipeline/Diagram';
import { OpenBoxContext } from '../ui/pipeline/DiagramNode';
import { FramesContext } from '../ui/pipeline/frames';
import type { BoxName } from '../ui/pipeline/numbers';
import { OperatorToken } from '../ui/pipeline/OperatorToken';
import type { Snapshot } from '../ui/pipeline/snapshot';
import { usePipeline } from '../ui/pipeline/usePipeline';
import { navigate, useView } from '../ui/view';
import { nodeLedger } from './api';
import { Bench, FIRST_TAB } from './Bench';
import { Board } from './Board';
import { BoxDrawer } from './BoxDrawer';
import { LedgerStrip } from './LedgerStrip';
import { Moment } from './Moment';
import { SendButtons, useSamples } from './SendButtons';
import { TimeBar } from './TimeBar';
import { TraceButtons } from './TraceButtons';
import { saveTrace } from './trace-files';
import { useHistory } from './useHistory';
import { useLedger } from './useLedger';
import { usePicture } from './usePicture';
import { usePolled } from './usePolled';
import { useTimeTravel } from './useTimeTravel';
import { useTraceRequests } from './useTraceRequests';
import '../ui/style/pipeline-view.css';

const LEDGER_MS = 2_000; // between two looks at the node’s ledger
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
    ? `Embedded mode: broker and log live inside the backend’s own process, with the same rules as RabbitMQ. Dots are your own messages, moving when they move; of many, a sample.${store}`
    : `RabbitMQ carries it all. Dots are your own messages, moving when they move (of many, a sample); the numbers are everybody’s.${store}`;
}

function unreachable(snapshot: Snapshot, problem: string): string {
  const numbers = snapshot ? ' The numbers are old.' : '';
  return `The backend does not answer, so nothing is known of the pipeline now. ${problem}${numbers}`;
}

export function Laboratory() {
  const { api } = useChat();
  const { snapshot, problem, closed, retry } = usePipeline();
  const send = useSamples();
  const time = useTimeTravel();
  const { trace, count } = time;
  const ledger = useLedger(trace, count);
  const rewind = useTraceRequests(time.open);
  const picture = usePicture(snapshot !== null && !problem && !trace);
  const board = useView(({ route }) => route.name === 'pipeline' && route.at === 'board');
  const lab = snapshot?.lab === true && !trace;
  const { value: node } = usePolled(lab ? () => nodeLedger(api) : null, LEDGER_MS);
  const history = useHistory(snapshot);
  const [tab, setTab] = useState(FIRST_TAB);
  const [box, setBox] = useState<BoxName | null>(null);
  const lead = trace ? REWOUND : closed ? CLOSED : problem ? unreachable(snapshot, problem) : description(snapshot);
  return (
    <FramesContext value={trace ? time.listen : null}>
      <section
        className={`pipeline${trace ? ' rewound' : tab === FIRST_TAB ? '' : ' compact'}`}
        tabIndex={0}
        aria-label="The pipeline"
      >
        <div className="pipeline-inner">
          <div className="pipeline-head">
            <div>
              <h1>One queue in, one log out</h1>
              <p className="pipeline-lead">{lead}</p>
            </div>
            <div className="pipeline-actions">
              <div className="button-row">
                <SendButtons send={send} disabled={trace !== null} />
              </div>
              <TraceButtons onOpen={time.open} onRewind={rewind} />
            </div>
          </div>
          {closed && !trace && <OperatorToken onOpen={retry} />}
          <LedgerStrip tab={ledger} of={trace?.name ?? null} node={node}>
            {trace && <TimeBar time={time} trace={trace} onSave={() => saveTrace(trace)} />}
          </LedgerStrip>
          <OpenBoxContext value={snapshot && !trace ? setBox : null}>
            <Diagram
              snapshot={trace ? time.snapshot : snapshot}
              picture={trace ? time.picture : picture}
              reachable={trace !== null || !problem || closed}
            />
          </OpenBoxContext>
          {trace ? (
            <Moment time={time} />
          ) : (
            <Bench operator={snapshot !== null} lab={lab} send={send} tab={tab} onTab={setTab} />
          )}
        </div>
        {box && <BoxDrawer name={box} history={history} onClose={() => setBox(null)} />}
      </section>
      {board && (
        <Board
          snapshot={snapshot}
          problem={problem}
          counts={node ?? ledger.counts}
          whose={node ? `offsets ${node.from} to ${node.to} of the log, everybody’s` : 'of this tab'}
          onClose={() => navigate({ name: 'pipeline' })}
        />
      )}
    </FramesContext>
  );
}
