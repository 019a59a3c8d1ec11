/** How many responders this node runs, and how many deliveries each may have in hand. */
import { useEffect, useState } from 'react';
import type { LabResponders } from '../protocol/http';
import { useChat } from '../ui/context';
import { setResponders } from './api';
import { Stepper } from './Stepper';

type Order = { count?: number; prefetch?: number };

/** `onChange` is called when the node has taken another number. */
export function Responders({ responders, onChange }: { responders: LabResponders; onChange(): void }) {
  const { api } = useChat();
  const [problem, setProblem] = useState('');
  // What was chosen and the node has not said yet, so that a second press counts on from the first.
  const [wanted, setWanted] = useState<Order>({});
  useEffect(
    () =>
      setWanted(({ count, prefetch }) => ({
        ...(count === undefined || count === responders.count ? {} : { count }),
        ...(prefetch === undefined || prefetch === responders.prefetch ? {} : { prefetch }),
      })),
    [responders],
  );
  const change = (order: Order) => {
    setWanted((was) => ({ ...was, ...order }));
    setResponders(api, order)
      .then(
        () => setProblem(''),
        (error: unknown) => {
          setWanted({});
          setProblem(error instanceof Error ? error.message : 'No answer.');
        },
      )
      .finally(onChange);
  };
  return (
    <section className="responders-panel" aria-label="This node’s responders">
      <Stepper
        label="responders"
        value={wanted.count ?? responders.count}
        min={0}
        max={responders.max_count}
        onChange={(count) => change({ count })}
      />
      <Stepper
        label="prefetch"
        about="how many unacked deliveries a responder may have in hand"
        value={wanted.prefetch ?? responders.prefetch}
        min={1}
        max={responders.max_prefetch}
        factor={2}
        onChange={(prefetch) => change({ prefetch })}
      />
      <p role="status">{problem}</p>
    </section>
  );
}
