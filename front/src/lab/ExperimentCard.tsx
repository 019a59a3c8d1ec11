/** One experiment: predict, do, see, and read why. */
import { useId, useState } from 'react';
import type { Experiment, Tools } from './experiment';
import { KeptBy } from './KeptBy';

type Phase = 'ready' | 'running' | 'seen';

interface Props {
  experiment: Experiment;
  tools(): Tools;
  /** The name of the one after it, if there is one. */
  next: string | undefined;
  onNext(): void;
  onSeen(): void;
}

export function ExperimentCard({ experiment, tools, next, onNext, onSeen }: Props) {
  const id = useId();
  const { question, choices, right, watch, why, source, test } = experiment;
  const [chosen, setChosen] = useState<number | null>(null);
  const [phase, setPhase] = useState<Phase>('ready');
  const [seen, setSeen] = useState('');
  const run = async () => {
    if (phase === 'running') return;
    setPhase('running');
    try {
      setSeen(await experiment.run(tools()));
      setPhase('seen');
      onSeen();
    } catch (error) {
      setSeen(`It did not work out. ${error instanceof Error ? error.message : ''}`);
      setPhase('ready');
    }
  };
  return (
    <article className="experiment" aria-label={experiment.name}>
      <h2 className="visually-hidden">{experiment.name}</h2>
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
          disabled={chosen === null}
          aria-disabled={phase === 'running'}
          onClick={() => void run()}
        >
          {phase === 'seen' ? 'Do it again' : 'Do it'}
        </button>
        <p>{chosen === null ? 'Predict first.' : phase === 'ready' && `Then look at the picture. ${watch}`}</p>
      </div>
      <p className="experiment-seen" role="status">
        {phase === 'running' ? `Look now. ${watch}` : seen}
      </p>
      {phase === 'seen' && (
        <section aria-label="Why">
          <h3>{chosen === right ? 'As you said. Why?' : `Right was “${choices[right]}”. Why?`}</h3>
          <ol>
            {why.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ol>
          <KeptBy source={source} test={test} />
          {next && (
            <button type="button" className="button" onClick={onNext}>
              Next: {next}
            </button>
          )}
        </section>
      )}
    </article>
  );
}
