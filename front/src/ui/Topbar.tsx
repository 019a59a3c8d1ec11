/** The header of the main column: the title, its menu, the pipeline status. */
import { useState } from 'react';
import { useChat, useChatState } from './context';
import { exportConversation, removeConversation, renameConversation } from './conversation-actions';
import { Icon } from './Icon';
import { PipelineStatus } from './PipelineStatus';
import { Popover } from './Popover';
import { TitleField } from './TitleField';
import { navigate, useView, view } from './view';

const NARROW = '(max-width: 860px)';

export function toggleSidebar(): void {
  if (matchMedia(NARROW).matches) view.setState(({ drawerOpen }) => ({ drawerOpen: !drawerOpen }));
  else view.setState(({ sidebarCollapsed }) => ({ sidebarCollapsed: !sidebarCollapsed }));
}

function Title({ id }: { id: string }) {
  const chat = useChat();
  const title = useChatState((state) => state.conversations[id]?.title);
  const [renaming, setRenaming] = useState(false);
  if (!title) return null;
  if (!renaming) {
    return (
      <button type="button" title="Rename" onClick={() => setRenaming(true)} dir="auto">
        {title}
      </button>
    );
  }
  const done = (next: string | null) => {
    setRenaming(false);
    if (next !== null && next !== title) renameConversation(chat, id, next);
  };
  return <TitleField title={title} onDone={done} />;
}

function ConversationMenu({ id }: { id: string }) {
  const chat = useChat();
  const title = useChatState((state) => state.conversations[id]?.title);
  const pinned = useChatState((state) => state.pins[id] === true);
  if (!title) return null;
  return (
    <Popover label="Menu of this conversation" icon="more">
      <button type="button" onClick={() => chat.client.pin(id, !pinned)}>
        <Icon name="pin" /> {pinned ? 'Unpin' : 'Pin'}
      </button>
      <button type="button" onClick={() => exportConversation(chat, id, 'markdown')}>
        <Icon name="save" /> Export as Markdown
      </button>
      <button type="button" onClick={() => exportConversation(chat, id, 'json')}>
        <Icon name="save" /> Export as JSON
      </button>
      <button type="button" className="danger" onClick={() => removeConversation(chat, id, title)}>
        <Icon name="bin" /> Delete
      </button>
    </Popover>
  );
}

export function Topbar() {
  const route = useView((state) => state.route);
  const sidebarCollapsed = useView((state) => state.sidebarCollapsed);
  const drawer = useView((state) => state.drawerOpen);
  return (
    <header className="topbar">
      <button
        type="button"
        className="icon-button"
        aria-label="Conversations"
        title="Conversations (Ctrl+B)"
        aria-controls="sidebar"
        aria-expanded={matchMedia(NARROW).matches ? drawer : !sidebarCollapsed}
        onClick={toggleSidebar}
      >
        <Icon name="panel" />
      </button>
      <div className="topbar-title">
        {route.name === 'chat' ? <Title id={route.id} /> : route.name === 'pipeline' ? 'The pipeline' : ''}
      </div>
      {route.name === 'chat' && <ConversationMenu id={route.id} />}
      <PipelineStatus />
      {route.name !== 'new' && (
        <button
          type="button"
          className="icon-button"
          aria-label="New conversation"
          title="New conversation (Ctrl+Shift+O)"
          onClick={() => navigate({ name: 'new' })}
        >
          <Icon name="plus" />
        </button>
      )}
    </header>
  );
}
