/** What can be broken on purpose here, each for a bounded time. */
import { useState } from 'react';
import type { Lab, LabFault } from '../protocol/http';
import { useChat } from '../ui/context';
import { useNow } from '../ui/useNow';
import { beginFault, type FaultOrder } from './api';
import { duplicateSocket } from './second-socket';

const AFTER_PART = 7; // where a responder ends, unless another part is chosen
const SECOND_SOCKET = {
  name: 'duplicate_socket',
  about: 'This tab opens a second socket, as if it were opened twice. Each gets every event of yours.',
  seconds: { default: 10, min: 1, max: 60 },
};

export function faultName(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

interface RowProps {
  fault: LabFault;
  /** Resolves with what it did, in words. */
  begin(order: FaultOrder): Promise<string>;
  onBegun(what: string): void;
}

function FaultRow({ fault, begin, onBegun }: RowProps) {
  const now = useNow(250);
  const { name, about, seconds, until } = fault;
  const [wanted, setWanted] = useState(seconds?.default ?? 0);
  const [part, setPart] = useState(AFTER_PART);
  const ends = name === 'end_responder';
  const left = until ? Math.max(0, (Date.parse(until) - now) / 1_000) : 0;
  const press = () => {
    if (left > 0) return;
    begin({ ...(seconds ? { seconds: wanted } : {}), ...(ends ? { after_part: part } : {}) }).then(
      onBegun,
      (error: unknown) => onBegun(error instanceof Error ? error.message : 'No answer.'),
    );
  };
  return (
    <li>
      <button type="button" className="button" aria-disabled={left > 0} onClick={press}>
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

function SecondSocketRow({ onBegun }: { onBegun(what: string): void }) {
  const { client } = useChat();
  const [until, setUntil] = useState<string | null>(null);
  const begin = async ({ seconds = SECOND_SOCKET.seconds.default }: FaultOrder) => {
    setUntil(new Date(Date.now() + 1_000 * seconds).toISOString());
    void duplicateSocket(client.recorder, seconds).then((what) => {
      setUntil(null);
      onBegun(what);
    });
    return 'This tab has a second socket: one more is open at Sockets. Send something.';
  };
  return <FaultRow fault={{ ...SECOND_SOCKET, until }} begin={begin} onBegun={onBegun} />;
}

export function FaultPanel({ lab, onChange }: { lab: Lab; onChange(): void }) {
  const { api } = useChat();
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
          <FaultRow
            key={fault.name}
            fault={fault}
            begin={async (order) => (await beginFault(api, fault.name, order)).what}
            onBegun={begun}
          />
        ))}
        <SecondSocketRow onBegun={begun} />
      </ul>
    </div>
  );
}
