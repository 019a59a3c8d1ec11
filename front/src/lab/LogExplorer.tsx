/** The log itself: filtered, followed, and read from any place. */
import { type FormEvent, useMemo, useRef, useState } from 'react';
import { count } from '../ui/format';
import { LogFilters } from './LogFilters';
import { LogRow } from './LogRow';
import { type LogFilter, useLog } from './useLog';

export function LogExplorer({ operator }: { operator: boolean }) {
  const [filter, setFilter] = useState<LogFilter>({ view: 'own' });
  const [following, setFollowing] = useState(false);
  const filters = useRef<HTMLDivElement>(null);
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
      <div className="lab-filter" ref={filters}>
        <LogFilters operator={operator} filter={filter} onChange={setFilter} />
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
      <p>{range}</p>
      <p role="status">{problem ?? (following ? 'What comes is added at the end.' : '')}</p>
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
            onFilter={(more) => {
              setFilter({ ...filter, ...more });
              filters.current?.querySelector<HTMLInputElement>(`[name=${Object.keys(more)[0]}]`)?.focus();
            }}
          />
        ))}
      </ol>
      {page && items.length === 0 && <p className="drawer-note">There is no such line on this page of the log.</p>}
    </div>
  );
}
