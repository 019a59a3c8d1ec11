/** The log itself: filtered, followed, and read from any place. */
import { type FormEvent, useMemo, useState } from 'react';
import type { LogType } from '../protocol/wire';
import { count } from '../ui/format';
import { LogRow } from './LogRow';
import { type LogFilter, useLog } from './useLog';

const TYPES = Object.keys({
  'message.created': true,
  'reply.requested': true,
  'reply.started': true,
  'reply.delta': true,
  'reply.completed': true,
  'reply.failed': true,
  'stop.requested': true,
  'conversation.updated': true,
  'conversation.deleted': true,
} satisfies Record<LogType, true>);

interface FilterProps {
  operator: boolean;
  filter: LogFilter;
  onChange(filter: LogFilter): void;
}

function Filter({ operator, filter, onChange }: FilterProps) {
  const field = (name: 'type' | 'conversation_id' | 'reply_id', value: string) => {
    const { [name]: _before, ...rest } = filter;
    onChange(value.trim() === '' ? rest : { ...rest, [name]: value.trim() });
  };
  return (
    <>
      <label>
        Whose
        <select
          value={filter.view}
          onChange={(event) => onChange({ ...filter, view: event.target.value as 'own' | 'operator' })}
        >
          <option value="own">mine, with texts</option>
          {operator && <option value="operator">everybody’s, without texts</option>}
        </select>
      </label>
      <label>
        Type
        <select value={filter.type ?? ''} onChange={(event) => field('type', event.target.value)}>
          <option value="">any</option>
          {TYPES.map((type) => (
            <option key={type}>{type}</option>
          ))}
        </select>
      </label>
      <label>
        Conversation
        <input
          type="text"
          value={filter.conversation_id ?? ''}
          onChange={(event) => field('conversation_id', event.target.value)}
        />
      </label>
      <label>
        Reply
        <input type="text" value={filter.reply_id ?? ''} onChange={(event) => field('reply_id', event.target.value)} />
      </label>
    </>
  );
}

export function LogExplorer({ operator }: { operator: boolean }) {
  const [filter, setFilter] = useState<LogFilter>({ view: 'own' });
  const [following, setFollowing] = useState(false);
  const steady = useMemo(() => filter, [filter]);
  const { items, page, problem, older, newer, jump } = useLog(steady, following);
  const toOffset = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const offset = Number(new FormData(event.currentTarget).get('offset'));
    setFollowing(false);
    if (Number.isInteger(offset) && offset >= 0) jump(offset);
  };
  const range =
    page?.last == null ? 'The log is empty.' : `Offsets ${count(page.first)} to ${count(page.last)} are kept.`;
  return (
    <div className="log-explorer">
      <div className="lab-filter">
        <Filter operator={operator} filter={filter} onChange={setFilter} />
        <form onSubmit={toOffset}>
          <label>
            Offset
            <input type="number" name="offset" min={0} required />
          </label>
          <button type="submit" className="button">
            Jump
          </button>
        </form>
        <label className="log-follow">
          <input type="checkbox" checked={following} onChange={(event) => setFollowing(event.target.checked)} /> Follow
        </label>
      </div>
      <p role="status">
        {problem ?? range} {following ? 'What comes is added at the end.' : ''}
      </p>
      <div className="button-row">
        <button type="button" className="button" disabled={page === null || page.before === null} onClick={older}>
          Older
        </button>
        <button type="button" className="button" disabled={page === null || following} onClick={newer}>
          Newer
        </button>
      </div>
      <ol aria-label="Lines of the log">
        {items.map((item) => (
          <LogRow
            key={`${item.offset} ${item.line}`}
            item={item}
            onFilter={(more) => setFilter({ ...filter, ...more })}
          />
        ))}
      </ol>
      {page && items.length === 0 && <p className="drawer-note">There is no such line on this page of the log.</p>}
    </div>
  );
}
