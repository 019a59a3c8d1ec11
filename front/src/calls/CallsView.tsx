/** What was asked of the mock as this user, on the page and over /v1: live, with the rule that answered. */
import { useState } from 'react';
import { usePolled } from '../lab/usePolled';
import type { JournalEntry } from '../protocol/http';
import { useChat, useChatState } from '../ui/context';
import { CallRow } from './CallRow';
import { outcomeOf, sourceOf } from './call';
import { HowToCall } from './HowToCall';
import '../ui/style/calls-view.css';

const EVERY_MS = 1_500;
const SHOWN = 200; // calls; the server gives no more at a time

type Filter = 'all' | 'v1' | 'page';

const FILTERS: readonly (readonly [Filter, string])[] = [
  ['all', 'All'],
  ['v1', 'Over /v1'],
  ['page', 'On the page'],
];

function fits(call: JournalEntry, filter: Filter, q: string): boolean {
  if (filter !== 'all' && (call.model !== null) !== (filter === 'v1')) return false;
  return [call.text, call.model ?? '', sourceOf(call), outcomeOf(call)].some((one) => one.toLowerCase().includes(q));
}

function noteOf(known: number, shown: number): string {
  if (known === 0) return 'Nothing was asked yet. It appears here by itself.';
  const all = known < SHOWN ? '' : `These are the newest ${SHOWN} calls. `;
  return `${all}${shown === 0 ? 'None of them fits.' : ''}`;
}

export function CallsView() {
  const { api } = useChat();
  const known = useChatState((state) => state.owner !== null); // before the first session there is nobody to ask for
  const { value, problem } = usePolled(known ? () => api.journal(SHOWN) : null, EVERY_MS);
  const [filter, setFilter] = useState<Filter>('all');
  const [question, setQuestion] = useState('');
  const q = question.trim().toLowerCase();
  const calls = value?.items.filter((call) => fits(call, filter, q)).reverse() ?? [];
  return (
    <section className="calls" tabIndex={0} aria-label="Calls">
      <div className="calls-inner">
        <div>
          <h1>Every call, and what answered it</h1>
          <p className="calls-lead">
            What you asked here and over /v1, as far back as the log’s recent past goes: the rule that was followed, the
            answer, and where the time went.
          </p>
        </div>
        <HowToCall />
        <fieldset className="calls-filter">
          <legend className="visually-hidden">Which calls</legend>
          {FILTERS.map(([name, label]) => (
            <label key={name}>
              <input type="radio" name="calls" checked={name === filter} onChange={() => setFilter(name)} />
              {label}
            </label>
          ))}
          <input
            type="search"
            className="text-field"
            aria-label="Filter by text, rule, model or outcome"
            placeholder="Text, rule, model, outcome"
            value={question}
            onChange={(event) => setQuestion(event.target.value)}
          />
        </fieldset>
        {problem && (
          <p className="calls-note" role="alert">
            {value ? 'What is shown is old. ' : ''}
            {problem}
          </p>
        )}
        {value && <p className="calls-note">{noteOf(value.items.length, calls.length)}</p>}
        <ol className="call-list" aria-label="Calls, the newest first">
          {calls.map((call) => (
            <CallRow key={call.id} call={call} />
          ))}
        </ol>
      </div>
    </section>
  );
}
