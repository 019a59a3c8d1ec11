/** What can be broken on purpose here, each for a bounded time. */
import { useState } from 'react';
import type { Lab, LabFault } from '../protocol/http';
import { useChat } from '../ui/context';
import { useNow } from '../ui/useNow';
import { beginFault } from './api';

const AFTER_PART = 7; // where a responder ends, unless another part is chosen

export function faultName(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

interface RowProps {
  fault: LabFault;
  onBegun(what: string): void;
}

function FaultRow({ fault, onBegun }: RowProps) {
  const { api } = useChat();
  const now = useNow(250);
  const { name, about, seconds, until } = fault;
  const [wanted, setWanted] = useState(seconds?.default ?? 0);
  const [part, setPart] = useState(AFTER_PART);
  const ends = name === 'end_responder';
  const left = until ? Math.max(0, (Date.parse(until) - now) / 1_000) : 0;
  const begin = () => {
    beginFault(api, name, { ...(seconds ? { seconds: wanted } : {}), ...(ends ? { after_part: part } : {}) }).then(
      ({ what }) => onBegun(what),
      (error: unknown) => onBegun(error instanceof Error ? error.message : 'No answer.'),
    );
  };
  return (
    <li>
      <button type="button" className="button" disabled={left > 0} onClick={begin}>
        {faultName(name)}
      </button>
      <p>{about}</p>
      {ends && (
        <label>
          after part
          <input
            type="number"
            min={1}
            max={50}
            value={part}
            onChange={(event) => setPart(event.target.valueAsNumber)}
          />
        </label>
      )}
      {seconds && (
        <label>
          for seconds
          <input
            type="number"
            min={seconds.min}
            max={seconds.max}
            step="any"
            value={wanted}
            onChange={(event) => setWanted(event.target.valueAsNumber)}
          />
        </label>
      )}
      {left > 0 && <strong>{left.toFixed(1)} s left</strong>}
    </li>
  );
}

export function FaultPanel({ lab, onChange }: { lab: Lab; onChange(): void }) {
  const [said, setSaid] = useState('Each is undone by itself. Watch the picture, and the ledger above it.');
  const begun = (what: string) => {
    setSaid(what);
    onChange();
  };
  return (
    <div className="fault-panel">
      <p role="status">{said}</p>
      <ul>
        {lab.faults.map((fault) => (
          <FaultRow key={fault.name} fault={fault} onBegun={begun} />
        ))}
      </ul>
    </div>
  );
}
