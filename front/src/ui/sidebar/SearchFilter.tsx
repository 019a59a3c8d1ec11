/** What the search looks through: everything, titles, or what one side said. */
import type { Scope } from './useSearch';

const SCOPES: readonly (readonly [Scope, string])[] = [
  ['all', 'All'],
  ['titles', 'Titles'],
  ['user', 'You'],
  ['assistant', 'Myna'],
];

export function SearchFilter({ scope, onChange }: { scope: Scope; onChange(scope: Scope): void }) {
  return (
    <fieldset className="search-filter">
      <legend className="visually-hidden">Search in</legend>
      {SCOPES.map(([value, label]) => (
        <label key={value}>
          <input
            type="radio"
            name="search-scope"
            value={value}
            checked={value === scope}
            onChange={() => onChange(value)}
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}
