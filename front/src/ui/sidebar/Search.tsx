/** The search of the sidebar, which is loaded on demand: what it looks through, and what it found. */
import { SearchFilter } from './SearchFilter';
import { SearchResults } from './SearchResults';
import type { Filter } from './useSearch';

interface Props {
  question: string;
  filter: Filter;
  onFilter(filter: Filter): void;
}

export function Search({ question, filter, onFilter }: Props) {
  return (
    <>
      <SearchFilter filter={filter} onChange={onFilter} />
      <div className="sidebar-list">
        <SearchResults question={question} filter={filter} />
      </div>
    </>
  );
}
