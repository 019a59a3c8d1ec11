/** What is known of one box: its promise and who keeps it, its numbers over the last minute, its latest records. */
import { useEffect, useRef } from 'react';
import type { FrameRecorder } from '../chat/recording';
import type { ChatApi } from '../transport/api';
import { useChat } from '../ui/context';
import { Icon } from '../ui/Icon';
import { type BoxName, numbersOf } from '../ui/pipeline/numbers';
import type { Snapshot } from '../ui/pipeline/snapshot';
import { deadLetters, logPage } from './api';
import { BOXES, type RecordSource } from './boxes';
import { KeptBy } from './KeptBy';
import { Sparkline } from './Sparkline';
import { usePolled } from './usePolled';

const RECORDS = 20;
const POLL_MS = 2_000;

/** The latest records, newest first. */
async function recordsOf(source: RecordSource, api: ChatApi, recorder: FrameRecorder): Promise<readonly object[]> {
  if (source.from === 'frames')
    return recorder.entries
      .filter((entry) => source.way in entry)
      .slice(-RECORDS)
      .reverse();
  if (source.from === 'dead letters') return (await deadLetters(api, { limit: RECORDS })).items;
  const { type } = source;
  return [...(await logPage(api, { limit: RECORDS, view: 'operator', ...(type ? { type } : {}) })).items].reverse();
}

function Records({ name }: { name: BoxName }) {
  const { api, client } = useChat();
  const { value, problem } = usePolled(() => recordsOf(BOXES[name].records, api, client.recorder), POLL_MS);
  const { records, what } = BOXES[name];
  return (
    <>
      <h3>Its latest {RECORDS} records</h3>
      <p className="drawer-note">
        {what} {records.from === 'log' && 'Everybody’s, with their properties; in place of each text its length.'}{' '}
        Newest first. {problem}
      </p>
      {value?.length === 0 && <p className="drawer-note">There are none.</p>}
      {value?.map((record, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: records have no key in common, and are shown as they are
        <pre key={place} className="lab-json" tabIndex={0}>
          {JSON.stringify(record, null, 2)}
        </pre>
      ))}
    </>
  );
}

interface Props {
  name: BoxName;
  history: readonly Snapshot[];
  onClose(): void;
}

export function BoxDrawer({ name, history, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const { about, promise, source, test } = BOXES[name];
  const numbers = numbersOf(name, history.at(-1) ?? null);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is handled by the browser
    <dialog
      ref={dialog}
      className="drawer"
      aria-label={`Inside ${name}`}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
    >
      <div className="drawer-inner">
        <div className="dialog-head">
          <h2>{name}</h2>
          <button type="button" className="icon-button" aria-label="Close" onClick={() => dialog.current?.close()}>
            <Icon name="close" />
          </button>
        </div>
        <p>{about}</p>
        <p>
          <strong>It promises:</strong> {promise}
        </p>
        <KeptBy source={source} test={test} />
        {numbers.length > 0 && (
          <dl className="sparklines">
            {numbers.map(([label, , unit], place) => (
              <Sparkline
                key={label}
                name={label}
                unit={unit}
                values={history.map((one) => numbersOf(name, one)[place]?.[1])}
              />
            ))}
          </dl>
        )}
        <Records name={name} />
      </div>
    </dialog>
  );
}
