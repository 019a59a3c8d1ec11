/** One experiment: predict, do, see, and read why. */
import { useId, useState } from 'react';
import type { Experiment, Tools } from './experiments';
import { SourceLink } from './SourceLink';

type Phase = 'ready' | 'running' | 'seen';

interface Props {
  experiment: Experiment;
  tools(): Tools;
}

export function ExperimentCard({ experiment, tools }: Props) {
  const id = useId();
  const { question, choices, right, watch, why, source, test } = experiment;
  const [chosen, setChosen] = useState<number | null>(null);
  const [phase, setPhase] = useState<Phase>('ready');
  const [seen, setSeen] = useState('');
  const run = async () => {
    setPhase('running');
    try {
      setSeen(await experiment.run(tools()));
      setPhase('seen');
    } catch (error) {
      setSeen(`It did not work out. ${error instanceof Error ? error.message : ''}`);
      setPhase('ready');
    }
  };
  return (
    <article className="experiment" aria-label={experiment.name}>
      <fieldset disabled={phase === 'running'}>
        <legend>{question}</legend>
        {choices.map((choice, place) => (
          <label key={choice}>
            <input type="radio" name={id} checked={chosen === place} onChange={() => setChosen(place)} /> {choice}
          </label>
        ))}
      </fieldset>
      <div className="experiment-do">
        <button
          type="button"
          className="button primary"
          disabled={chosen === null || phase === 'running'}
          onClick={() => void run()}
        >
          {phase === 'seen' ? 'Do it again' : 'Do it'}
        </button>
        <p>{chosen === null ? 'Predict first.' : `Look at: ${watch}`}</p>
      </div>
      <p className="experiment-seen" role="status">
        {phase === 'running' ? 'It runs.' : seen}
      </p>
      {phase === 'seen' && (
        <section aria-label="Why">
          <h3>{chosen === right ? 'As you said. Why?' : `It is “${choices[right]}”. Why?`}</h3>
          <ol>
            {why.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ol>
          <dl className="drawer-files">
            <dt>kept by</dt>
            <dd>
              <SourceLink path={source} />
            </dd>
            <dt>guarded by</dt>
            <dd>
              <SourceLink path={test} />
            </dd>
          </dl>
        </section>
      )}
    </article>
  );
}
