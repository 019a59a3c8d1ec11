/** The sidebar: new conversation, search, conversations, page settings. */
import { type UIEvent, useState } from 'react';
import { useChat, useChatState } from '../context';
import { Icon } from '../Icon';
import { Logo } from '../Logo';
import { withKeys } from '../shortcuts';
import { navigate } from '../view';
import { ConversationList } from './ConversationList';
import { SearchFilter } from './SearchFilter';
import { SearchResults } from './SearchResults';
import { SidebarFooter } from './SidebarFooter';
import { EVERYTHING } from './useSearch';

const NEAR_END_PX = 400;

export function Sidebar() {
  const { client } = useChat();
  const [question, setQuestion] = useState('');
  const [filter, setFilter] = useState(EVERYTHING);
  const replying = useChatState((state) => Object.keys(state.active).length > 0);
  const onScroll = (event: UIEvent<HTMLDivElement>) => {
    const box = event.currentTarget;
    if (question === '' && box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX)
      void client.loadList(true);
  };
  return (
    <nav className="sidebar" id="sidebar" aria-label="Conversations">
      <div className="sidebar-head">
        <a
          className="wordmark"
          href="/"
          onClick={(event) => {
            event.preventDefault();
            navigate({ name: 'new' });
          }}
        >
          <Logo size={26} active={replying} />
          Myna
        </a>
        <button
          type="button"
          className="icon-button"
          aria-label="New conversation"
          title={withKeys('New conversation', 'newConversation')}
          onClick={() => navigate({ name: 'new' })}
        >
          <Icon name="plus" />
        </button>
      </div>
      <search className="search-box">
        <Icon name="search" />
        <input
          type="search"
          aria-label="Search everything that was said"
          placeholder="Search"
          value={question}
          onChange={(event) => setQuestion(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape' || question === '') return;
            event.stopPropagation();
            setQuestion('');
          }}
        />
        {question !== '' && (
          <button
            type="button"
            className="small-button"
            aria-label="Clear the search"
            title={withKeys('Clear the search', 'close')}
            onClick={() => setQuestion('')}
          >
            <Icon name="close" />
          </button>
        )}
      </search>
      {question !== '' && <SearchFilter filter={filter} onChange={setFilter} />}
      <div className="sidebar-list" onScroll={onScroll}>
        {question === '' ? <ConversationList /> : <SearchResults question={question} filter={filter} />}
      </div>
      <SidebarFooter />
    </nav>
  );
}
