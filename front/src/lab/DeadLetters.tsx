/** What was set aside: a list with a filter, and what is known of the chosen one. */
import { useRef, useState } from 'react';
import { useChat } from '../ui/context';
import { deadLetters } from './api';
import { DeadLetterDetails } from './DeadLetterDetails';
import type { SendSample } from './SendButtons';
import { usePolled } from './usePolled';

const POLL_MS = 1_500;
const SHOWN = 50;
const REASONS: Readonly<Record<string, string>> = { rejected: 'it is no message', delivery_limit: 'tried too often' };

export function DeadLetters({ lab, send }: { lab: boolean; send: SendSample }) {
  const { api } = useChat();
  const [reason, setReason] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const [said, setSaid] = useState('');
  const status = useRef<HTMLParagraphElement>(null);
  const query = { limit: SHOWN, ...(reason ? { reason } : {}) };
  const { value, problem, now } = usePolled(() => deadLetters(api, query), POLL_MS);
  const done = (what: string) => {
    setSaid(what);
    setChosen(null);
    status.current?.focus();
    now();
  };
  return (
    <div className="dead-letter-desk">
      <div className="lab-filter">
        <label>
          Reason
          <select
            value={reason}
            onChange={(event) => {
              setReason(event.target.value);
              now();
            }}
          >
            <option value="">any</option>
            {Object.entries(REASONS).map(([name, text]) => (
              <option key={name} value={name}>
                {text}
              </option>
            ))}
          </select>
        </label>
        {lab && (
          <button type="button" className="button" onClick={() => send('/poison')}>
            Make one: say /poison
          </button>
        )}
        <p ref={status} role="status" tabIndex={-1}>
          {problem ?? said}
        </p>
      </div>
      {value?.items.length === 0 && <p className="drawer-note">Nothing is parked.</p>}
      <ul aria-label="Dead letters">
        {value?.items.map((one) => (
          <li key={one.id}>
            <button
              type="button"
              aria-expanded={one.id === chosen}
              onClick={() => setChosen(one.id === chosen ? null : one.id)}
            >
              <time>{one.dead_lettered_at ? new Date(one.dead_lettered_at).toLocaleTimeString() : 'unknown'}</time>
              <span>{REASONS[one.reason] ?? one.reason}</span>
              <code>{one.text ?? one.body}</code>
            </button>
            {one.id === chosen && <DeadLetterDetails id={one.id} onDone={done} />}
          </li>
        ))}
      </ul>
    </div>
  );
}
