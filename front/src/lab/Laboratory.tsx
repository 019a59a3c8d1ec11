/** The pipeline view: the ledger of promises, the picture with live numbers, and time travel over this tab's frames. */
import { useRef, useState } from 'react';
import { useChat } from '../ui/context';
import { count } from '../ui/format';
import { Diagram } from '../ui/pipeline/Diagram';
import { OpenBoxContext } from '../ui/pipeline/DiagramNode';
import { FramesContext } from '../ui/pipeline/frames';
import { Legend } from '../ui/pipeline/Legend';
import type { BoxName } from '../ui/pipeline/numbers';
import { OperatorToken } from '../ui/pipeline/OperatorToken';
import { queueOf } from '../ui/pipeline/snapshot';
import { usePipeline } from '../ui/pipeline/usePipeline';
import { navigate, useView } from '../ui/view';
import { laboratory, nodeLedger } from './api';
import { Bench, FIRST_TAB } from './Bench';
import { Board } from './Board';
import { BoxDrawer } from './BoxDrawer';
import { LedgerStrip } from './LedgerStrip';
import { leadOf, REWOUND } from './lead';
import { Moment } from './Moment';
import { Responders } from './Responders';
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

const LAB_MS = 1_000; // between two looks at what can be done here
const LEDGER_MS = 2_000; // between two looks at the node’s ledger

export function Laboratory() {
  const { api } = useChat();
  const { snapshot, problem, closed, retry } = usePipeline();
  const send = useSamples();
  const time = useTimeTravel();
  const { trace } = time;
  const ledger = useLedger(trace, time.count);
  const rewind = useTraceRequests(time.open, time.live);
  const depth = queueOf(snapshot, 'chat_queue')?.depth ?? 0;
  const picture = usePicture(snapshot !== null && !problem && !trace, depth);
  const rewindButton = useRef<HTMLButtonElement>(null);
  const backToNow = () => {
    time.live();
    rewindButton.current?.focus();
  };
  const board = useView(({ route }) => route.name === 'pipeline' && route.at === 'board');
  const on = snapshot?.lab === true && !trace;
  const { value: node } = usePolled(on ? () => nodeLedger(api) : null, LEDGER_MS);
  const { value: lab, now: lookAgain } = usePolled(on ? () => laboratory(api) : null, LAB_MS);
  const history = useHistory(snapshot);
  const [tab, setTab] = useState(FIRST_TAB);
  const [box, setBox] = useState<BoxName | null>(null);
  const mode = trace ? ' rewound' : tab === FIRST_TAB ? '' : ' compact';
  return (
    <FramesContext value={trace ? time.listen : null}>
      <section className={`pipeline${mode}`} tabIndex={0} aria-label="The pipeline">
        <div className="pipeline-inner">
          <div className="pipeline-head">
            <h1>One queue in, one log out</h1>
            <TraceButtons ref={rewindButton} onOpen={time.open} onRewind={rewind} />
            <p className="pipeline-lead">{trace ? REWOUND : leadOf(snapshot, problem, closed)}</p>
          </div>
          {closed && !trace && <OperatorToken onOpen={retry} />}
          {!trace && (
            <div className="pipeline-controls">
              <SendButtons send={send} />
              {lab?.responders && <Responders responders={lab.responders} onChange={lookAgain} />}
            </div>
          )}
          <LedgerStrip tab={ledger} of={trace?.name ?? null} node={node}>
            {trace && <TimeBar time={time} trace={trace} onSave={() => saveTrace(trace)} onLive={backToNow} />}
          </LedgerStrip>
          <div className="pipeline-main">
            <div className="pipeline-picture">
              <OpenBoxContext value={snapshot && !trace ? setBox : null}>
                <Diagram
                  snapshot={trace ? time.snapshot : snapshot}
                  picture={trace ? time.picture : picture}
                  reachable={trace !== null || !problem || closed}
                />
              </OpenBoxContext>
              <Legend />
            </div>
            <div className="pipeline-side">
              {trace ? (
                <Moment time={time} />
              ) : (
                <Bench
                  operator={snapshot !== null}
                  lab={lab}
                  send={send}
                  tab={tab}
                  onTab={setTab}
                  onFault={lookAgain}
                />
              )}
            </div>
          </div>
        </div>
        {box && <BoxDrawer name={box} history={history} onClose={() => setBox(null)} />}
      </section>
      {board && (
        <Board
          snapshot={snapshot}
          problem={problem}
          counts={node ?? ledger.counts}
          whose={node ? `everybody, offsets ${count(node.from)}–${count(node.to)}` : 'of this tab'}
          onClose={() => navigate({ name: 'pipeline' })}
        />
      )}
    </FramesContext>
  );
}
