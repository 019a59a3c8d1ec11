/** The sidebar: new conversation, search, conversations, page settings. */
import { type UIEvent, useState } from 'react';
import { chunk } from '../chunk';
import { useChat, useChatState } from '../context';
import { Icon } from '../Icon';
import { Lazy } from '../Lazy';
import { Logo } from '../Logo';
import { NewConversationButton } from '../NewConversationButton';
import { withKeys } from '../shortcuts';
import { navigate } from '../view';
import { ConversationList } from './ConversationList';
import { SidebarFooter } from './SidebarFooter';
import type { Filter } from './useSearch';

const NEAR_END_PX = 400;
const search = chunk(() => import('./Search'));

export function Sidebar() {
  const { client } = useChat();
  const [question, setQuestion] = useState('');
  const [filter, setFilter] = useState<Filter>({ scope: 'all', days: null });
  const replying = useChatState((state) => Object.keys(state.active).length > 0);
  const onScroll = (event: UIEvent<HTMLDivElement>) => {
    const box = event.currentTarget;
    if (box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX) void client.loadList(true);
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
        <NewConversationButton />
      </div>
      <search className="search-box">
        <Icon name="search" />
        <input
          type="search"
          aria-label="Search everything that was said"
          placeholder="Search"
          value={question}
          onFocus={search.load}
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
      {question === '' ? (
        <div className="sidebar-list" onScroll={onScroll}>
          <ConversationList />
        </div>
      ) : (
        <Lazy source={search}>
          {({ Search }) => <Search question={question} filter={filter} onFilter={setFilter} />}
        </Lazy>
      )}
      <SidebarFooter />
    </nav>
  );
}
