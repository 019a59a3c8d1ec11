/** One call: a line that opens into what was asked and answered, by which rule, and how long each stage took. */
import { memo, type ReactNode, useState } from 'react';
import type { JournalEntry } from '../protocol/http';
import { CopyButton } from '../ui/CopyButton';
import { duration, exactTime, secondsTime } from '../ui/format';
import { Icon } from '../ui/Icon';
import { Markdown } from '../ui/markdown/Markdown';
import { Bar, XRayStages } from '../ui/thread/XRay';
import { navigate } from '../ui/view';
import { aboutOf, outcomeOf, sourceOf, xrayOf } from './call';

/** Each answer of the journal brings the calls anew; one that has ended does not change any more. */
function isSame(before: { call: JournalEntry }, { call }: { call: JournalEntry }): boolean {
  return before.call.id === call.id && before.call.status === call.status;
}

export const CallRow = memo(function CallRow({ call }: { call: JournalEntry }) {
  const [open, setOpen] = useState(false);
  return (
    <li>
      <details className="call" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <Icon name="right" />
          <span className="call-asked" dir="auto">
            {call.text}
          </span>
          <span className={call.rule ? 'call-rule' : 'call-rule none'}>{sourceOf(call)}</span>
          <span className="call-model">{call.model ?? 'page'}</span>
          <span className={`call-outcome ${call.status}`}>{outcomeOf(call)}</span>
          <span className="call-took">{call.timings ? duration(call.timings.total_ms) : '…'}</span>
          <time dateTime={call.at} title={exactTime(call.at)}>
            {secondsTime(call.at)}
          </time>
        </summary>
        {open && <CallDetails call={call} />}
      </details>
    </li>
  );
}, isSame);

function CallDetails({ call }: { call: JournalEntry }) {
  const xray = xrayOf(call);
  const answer = call.error ? call.error.detail : (call.reply ?? '');
  return (
    <div className="call-details">
      <Said title="Asked" text={call.text}>
        <p dir="auto">{call.text}</p>
      </Said>
      {answer && (
        <Said title={call.error ? 'Failed' : 'Answered'} text={answer}>
          <Markdown text={answer} growing={false} />
        </Said>
      )}
      <dl className="call-about">
        {aboutOf(call).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {xray && (
        <section className="xray" aria-label="Stages of this call in the pipeline">
          <Bar xray={xray} />
          <XRayStages xray={xray} />
        </section>
      )}
      <button
        type="button"
        className="button"
        onClick={() => navigate({ name: 'chat', id: call.conversation_id, at: call.id })}
      >
        <Icon name="chat" /> Open its conversation
      </button>
    </div>
  );
}

function Said({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <section className="call-said" aria-label={title}>
      <h3>
        {title} <CopyButton text={text} label={`Copy what was ${title.toLowerCase()}`} />
      </h3>
      <div className="call-text" tabIndex={0}>
        {children}
      </div>
    </section>
  );
}
