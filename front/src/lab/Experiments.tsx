/** The guided experiments that can be done here, one at a time. */
import { useRef, useState } from 'react';
import type { Lab, LabResponders } from '../protocol/http';
import { Icon } from '../ui/Icon';
import { ExperimentCard } from './ExperimentCard';
import type { Experiment } from './experiment';
import { EXPERIMENTS } from './experiments';
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
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set());
  const list = useRef<HTMLOListElement>(null);
  const tools = useTools(responders, send);
  const place = offered.findIndex((one) => one.name === name);
  const [chosen, next] = [offered[place], offered[place + 1]];
  const goOn = () => {
    setName(next?.name);
    list.current?.querySelectorAll('button')[place + 1]?.focus();
  };
  return (
    <div className="experiments">
      <ol aria-label="Experiments" ref={list}>
        {offered.map((one) => (
          <li key={one.name}>
            <button type="button" aria-current={one.name === name} onClick={() => setName(one.name)}>
              {one.name}{' '}
              {seen.has(one.name) && (
                <>
                  <Icon name="check" /> <span className="visually-hidden">done</span>
                </>
              )}
            </button>
          </li>
        ))}
      </ol>
      {chosen && (
        <ExperimentCard
          key={chosen.name}
          experiment={chosen}
          tools={tools}
          next={next?.name}
          onNext={goOn}
          onSeen={() => setSeen((was) => new Set(was).add(chosen.name))}
        />
      )}
    </div>
  );
}
