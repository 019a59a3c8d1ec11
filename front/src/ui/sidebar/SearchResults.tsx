/** Search hits in titles, messages and replies; a hit opens its conversation at the message. */
import type { SearchHit } from '../../protocol/http';
import { dayOrTime, exactTime } from '../format';
import { displayTitle } from '../title';
import { highlight, navigate } from '../view';
import { authorOf, piecesOf, Snippet, snippetOf } from './Snippet';
import { type Filter, useSearch } from './useSearch';

const NOTHING_FOUND: Record<Filter['scope'], (q: string) => string> = {
  all: (q) => `Nothing was said about “${q}”.`,
  titles: (q) => `No title has “${q}” in it.`,
  user: (q) => `You said nothing about “${q}”.`,
  assistant: (q) => `Myna said nothing about “${q}”.`,
};

export function openHit(hit: SearchHit): void {
  navigate({ name: 'chat', id: hit.conversation_id });
  const words = piecesOf(hit.snippet).flatMap(({ text, marked }) => (marked ? [text] : []));
  highlight({ conversation: hit.conversation_id, message: hit.message_id, hit: hit.id, words });
}

export function SearchResults({ question, filter }: { question: string; filter: Filter }) {
  const search = useSearch(question, filter);
  if (search.state === 'idle') return <p className="list-note">Type two letters or more.</p>;
  if (search.state === 'failed') return <p className="list-note">The search did not work. {search.problem}</p>;
  const { conversations, hits } = search;
  if (conversations.length === 0 && hits.length === 0) {
    return (
      <p className="list-note">
        {search.state === 'loading' ? 'Searching' : NOTHING_FOUND[filter.scope](question.trim())}
      </p>
    );
  }
  return (
    <>
      {conversations.length > 0 && <h2 className="group-name">Titles</h2>}
      <ul aria-label="Found conversations">
        {conversations.map((one) => (
          <li key={one.id} className="row">
            <a
              href={`/c/${one.id}`}
              onClick={(event) => {
                event.preventDefault();
                navigate({ name: 'chat', id: one.id });
              }}
            >
              <span className="row-title" dir="auto">
                {displayTitle(one.title)}
              </span>
            </a>
          </li>
        ))}
      </ul>
      {hits.length > 0 && <h2 className="group-name">Messages</h2>}
      <ul aria-label="Found messages">
        {hits.map((hit) => (
          <li key={hit.id}>
            <button type="button" className="hit" onClick={() => openHit(hit)}>
              <span className="hit-title">
                <span dir="auto">{displayTitle(hit.title)}</span>
                <time dateTime={hit.created_at} title={exactTime(hit.created_at)}>
                  {dayOrTime(hit.created_at, new Date())}
                </time>
              </span>
              <Snippet text={snippetOf(hit)} by={`${authorOf(hit)}:`} />
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
