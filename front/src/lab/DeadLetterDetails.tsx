/** One dead letter: its body, headers and way so far, and what can be done with it. */
import { useEffect, useId, useState } from 'react';
import type { DeadLetterWhole } from '../protocol/http';
import { useChat } from '../ui/context';
import { deadLetter, dropDeadLetter, requeueDeadLetter } from './api';

function sizeOf({ encoding, size, cut }: DeadLetterWhole): string {
  return `${size} bytes${cut ? ', of which the beginning is shown' : ''}${encoding === 'base64' ? ', in base64' : ''}`;
}

function bodyOf({ body }: DeadLetterWhole): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

interface Props {
  id: string;
  /** What was done to it, in words. */
  onDone(what: string): void;
}

export function DeadLetterDetails({ id, onDone }: Props) {
  const { api } = useChat();
  const field = useId();
  const [letter, setLetter] = useState<DeadLetterWhole | null>(null);
  const [text, setText] = useState('');
  const [problem, setProblem] = useState('');
  const failed = (error: unknown) => setProblem(error instanceof Error ? error.message : 'No answer.');
  // biome-ignore lint/correctness/useExhaustiveDependencies: read once for each letter
  useEffect(() => {
    deadLetter(api, id).then((whole) => {
      setLetter(whole);
      setText(whole.text ?? '');
    }, failed);
  }, [api, id]);
  if (!letter) return <p role="status">{problem || 'It is read.'}</p>;
  const requeue = (edited: string | null) => {
    requeueDeadLetter(api, id, edited).then(({ log }) => onDone(log.what), failed);
  };
  const drop = () => {
    dropDeadLetter(api, id).then(() => onDone('It is dropped. Nothing was written into the log.'), failed);
  };
  return (
    <div className="dead-letter">
      <p>
        {letter.detail} It was given out {letter.tries} {letter.tries === 1 ? 'time' : 'times'}.
      </p>
      <h3>Its body: {sizeOf(letter)}</h3>
      <pre className="lab-json" tabIndex={0}>
        {bodyOf(letter)}
      </pre>
      <h3>Its headers</h3>
      <pre className="lab-json" tabIndex={0}>
        {JSON.stringify(letter.headers, null, 2)}
      </pre>
      <h3>Its way so far{letter.way_complete ? '' : ', as far as the log is kept'}</h3>
      <ol className="dead-letter-way">
        {letter.way.map((one) => (
          <li key={`${one.offset} ${one.line}`}>
            <code>{one.offset}</code> {one.type}{' '}
            {one.event && 'worker' in one.event && `by ${String(one.event.worker)}`}
          </li>
        ))}
      </ol>
      {letter.editable && (
        <label htmlFor={field}>
          Its text
          <textarea id={field} rows={2} value={text} onChange={(event) => setText(event.target.value)} />
        </label>
      )}
      <div className="button-row">
        <button type="button" className="button" onClick={() => requeue(null)}>
          Requeue as it is
        </button>
        {letter.editable && (
          <button
            type="button"
            className="button"
            disabled={text === '' || text === letter.text}
            onClick={() => requeue(text)}
          >
            Requeue with this text
          </button>
        )}
        <button type="button" className="button danger" onClick={drop}>
          Drop it
        </button>
      </div>
      {problem && <p role="alert">{problem}</p>}
    </div>
  );
}
