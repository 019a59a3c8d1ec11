/** The guided experiments that can be done here, one at a time. */
import { useState } from 'react';
import type { Lab, LabResponders } from '../protocol/http';
import { ExperimentCard } from './ExperimentCard';
import { EXPERIMENTS, type Experiment } from './experiments';
import type { SendSample } from './SendButtons';
import { useTools } from './useTools';

function isPossible(experiment: Experiment, lab: Lab): boolean {
  return experiment.needs.every((name) => lab.faults.some((fault) => fault.name === name));
}

interface Props {
  lab: Lab;
  responders: LabResponders;
  send: SendSample;
}

export function Experiments({ lab, responders, send }: Props) {
  const offered = EXPERIMENTS.filter((one) => isPossible(one, lab));
  const [name, setName] = useState(offered[0]?.name);
  const tools = useTools(responders, send);
  const chosen = offered.find((one) => one.name === name);
  return (
    <div className="experiments">
      <ol aria-label="Experiments">
        {offered.map((one) => (
          <li key={one.name}>
            <button type="button" aria-current={one.name === name} onClick={() => setName(one.name)}>
              {one.name}
            </button>
          </li>
        ))}
      </ol>
      {chosen && <ExperimentCard key={chosen.name} experiment={chosen} tools={tools} />}
    </div>
  );
}
