/** Search hits in titles, messages and replies; a hit opens its conversation at the message. */
import type { SearchHit } from '../../protocol/http';
import { useChatState } from '../context';
import { dayOrTime, exactTime } from '../format';
import { navigate, view } from '../view';
import { authorOf, Snippet, snippetOf } from './Snippet';
import { useSearch } from './useSearch';

export function openHit(hit: SearchHit): void {
  navigate({ name: 'chat', id: hit.conversation_id });
  view.setState({ highlighted: { conversation: hit.conversation_id, message: hit.message_id } });
}

export function SearchResults({ question }: { question: string }) {
  const search = useSearch(question);
  const conversations = useChatState((state) => state.conversations);
  if (search.state === 'idle') return <p className="list-note">Type two letters or more.</p>;
  if (search.state === 'failed') return <p className="list-note">The search did not work. {search.problem}</p>;
  if (search.hits.length === 0) {
    return (
      <p className="list-note">
        {search.state === 'asking' ? 'Searching' : `Nothing was said about “${question.trim()}”.`}
      </p>
    );
  }
  return (
    <ul aria-label="Found messages">
      {search.hits.map((hit) => (
        <li key={`${hit.message_id}${hit.role}${hit.created_at}`}>
          <button type="button" className="hit" onClick={() => openHit(hit)}>
            <span className="hit-title">
              <span dir="auto">{conversations[hit.conversation_id]?.title ?? 'A conversation'}</span>
              <time dateTime={hit.created_at} title={exactTime(hit.created_at)}>
                {dayOrTime(hit.created_at, new Date())}
              </time>
            </span>
            <Snippet text={snippetOf(hit)} by={`${authorOf(hit)}:`} />
          </button>
        </li>
      ))}
    </ul>
  );
}
