/** What the search looks through: everything, titles, or what one side said, and how far back. */
import type { Filter } from './useSearch';

const SCOPES: readonly (readonly [Filter['scope'], string])[] = [
  ['all', 'All'],
  ['titles', 'Titles'],
  ['user', 'You'],
  ['assistant', 'Myna'],
];
const TIMES: readonly (readonly [number, string])[] = [
  [1, 'the last day'],
  [7, 'the last week'],
  [30, 'the last month'],
];

export function SearchFilter({ filter, onChange }: { filter: Filter; onChange(filter: Filter): void }) {
  return (
    <div className="search-filter">
      <fieldset>
        <legend className="visually-hidden">Search in</legend>
        {SCOPES.map(([scope, label]) => (
          <label key={scope}>
            <input
              type="radio"
              name="search-scope"
              value={scope}
              checked={scope === filter.scope}
              onChange={() => onChange({ ...filter, scope })}
            />
            {label}
          </label>
        ))}
      </fieldset>
      {filter.scope !== 'titles' && (
        <select
          aria-label="Said"
          value={filter.days ?? ''}
          onChange={({ target }) => onChange({ ...filter, days: target.value === '' ? null : Number(target.value) })}
        >
          <option value="">at any time</option>
          {TIMES.map(([days, label]) => (
            <option key={days} value={days}>
              in {label}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}
