/** The header of the main column: the title, its menu, the pipeline status. */
import { useState } from 'react';
import { ConversationMenu } from './ConversationMenu';
import { useChat, useChatState } from './context';
import { renameConversation } from './conversation-actions';
import { Icon } from './Icon';
import { NewConversationButton } from './NewConversationButton';
import { PipelineStatus } from './PipelineStatus';
import { withKeys } from './shortcuts';
import { TitleField } from './TitleField';
import { displayTitle } from './title';
import { isNarrow, toggleSidebar, useView, viewName } from './view';

function ConversationTitle({ id }: { id: string }) {
  const chat = useChat();
  const title = useChatState((state) => state.conversations[id]?.title);
  const [renaming, setRenaming] = useState(false);
  if (!title) return <div className="topbar-title" />;
  const done = (next: string | null) => {
    setRenaming(false);
    if (next !== null && next !== displayTitle(title)) renameConversation(chat, id, next);
  };
  return (
    <>
      <div className="topbar-title">
        {renaming ? (
          <TitleField title={displayTitle(title)} next=".topbar-title button" onDone={done} />
        ) : (
          <button type="button" title={withKeys('Rename', 'rename')} onClick={() => setRenaming(true)} dir="auto">
            {displayTitle(title)}
          </button>
        )}
      </div>
      <ConversationMenu
        id={id}
        title={displayTitle(title)}
        label="Menu of this conversation"
        onRename={() => setRenaming(true)}
      />
    </>
  );
}

export function Topbar() {
  const route = useView((state) => state.route);
  const sidebarCollapsed = useView((state) => state.sidebarCollapsed);
  const drawerOpen = useView((state) => state.drawerOpen);
  return (
    <header className="topbar">
      <button
        type="button"
        className="icon-button"
        aria-label="Conversations"
        title={withKeys('Conversations', 'sidebar')}
        aria-controls="sidebar"
        aria-expanded={isNarrow() ? drawerOpen : !sidebarCollapsed}
        onClick={toggleSidebar}
      >
        <Icon name="panel" />
      </button>
      {route.name === 'chat' ? (
        <ConversationTitle id={route.id} />
      ) : (
        <div className="topbar-title">{route.name !== 'new' && viewName(route.name)}</div>
      )}
      <PipelineStatus />
      {route.name !== 'new' && <NewConversationButton />}
    </header>
  );
}
