/** The search of the sidebar, which is loaded on demand. */
export { SearchFilter } from './SearchFilter';
export { SearchResults } from './SearchResults';
