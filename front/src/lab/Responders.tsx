/** How many responders this node runs, and how many deliveries each may have in hand. */
import { useState } from 'react';
import type { LabResponders } from '../protocol/http';
import { useChat } from '../ui/context';
import { setResponders } from './api';
import { Stepper } from './Stepper';

/** `onChange` is called when the node has taken another number. */
export function Responders({ responders, onChange }: { responders: LabResponders; onChange(): void }) {
  const { api } = useChat();
  const [problem, setProblem] = useState<string | null>(null);
  const change = (order: { count?: number; prefetch?: number }) => {
    setResponders(api, order).then(
      () => {
        setProblem(null);
        onChange();
      },
      (error: unknown) => setProblem(error instanceof Error ? error.message : 'No answer.'),
    );
  };
  return (
    <section className="responders-panel" aria-label="This node’s responders">
      <Stepper
        label="responders"
        value={responders.count}
        min={0}
        max={responders.max_count}
        onChange={(count) => change({ count })}
      />
      <Stepper
        label="prefetch"
        value={responders.prefetch}
        min={1}
        max={responders.max_prefetch}
        onChange={(prefetch) => change({ prefetch })}
      />
      <p role="status">
        {problem ?? responders.workers.map((one) => `${one.worker}: ${one.state}, ${one.in_hand} in hand`).join(' · ')}
      </p>
    </section>
  );
}
