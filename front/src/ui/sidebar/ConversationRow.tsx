/** One conversation in the sidebar: its title, a dot for a running or unread reply, its menu. */
import { memo, useState } from 'react';
import type { Conversation } from '../../chat/state';
import { useChat, useChatState } from '../context';
import { exportConversation, removeConversation, renameConversation } from '../conversation-actions';
import { Icon } from '../Icon';
import { Popover } from '../Popover';
import { TitleField } from '../TitleField';
import { navigate } from '../view';

export const ConversationRow = memo(function ConversationRow({
  one,
  current,
}: {
  one: Conversation;
  current: boolean;
}) {
  const chat = useChat();
  const [renaming, setRenaming] = useState(false);
  const running = useChatState((state) => (state.running[one.id]?.length ?? 0) > 0);
  const unread = useChatState((state) => state.unread[one.id] === true);
  const pinned = useChatState((state) => state.pins[one.id] === true);
  const look = `row${current ? ' current' : ''}${unread ? ' unread' : ''}`;
  if (renaming) {
    const done = (next: string | null) => {
      setRenaming(false);
      if (next !== null && next !== one.title) renameConversation(chat, one.id, next);
    };
    return (
      <li className={look}>
        <TitleField title={one.title} onDone={done} />
      </li>
    );
  }
  return (
    <li className={look}>
      <a
        href={`/c/${one.id}`}
        title={one.title}
        aria-current={current ? 'page' : undefined}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          navigate({ name: 'chat', id: one.id });
        }}
      >
        <span className="row-title" dir="auto">
          {one.title}
        </span>
        {running && (
          <span className="state-dot running">
            <span className="visually-hidden">, a reply is being made</span>
          </span>
        )}
        {!running && unread && (
          <span className="state-dot unread">
            <span className="visually-hidden">, unread</span>
          </span>
        )}
      </a>
      <Popover label={`Menu of ${one.title}`} icon="more">
        <button type="button" onClick={() => setRenaming(true)}>
          <Icon name="pen" /> Rename
        </button>
        <button type="button" onClick={() => chat.client.pin(one.id, !pinned)}>
          <Icon name="pin" /> {pinned ? 'Unpin' : 'Pin'}
        </button>
        <button type="button" onClick={() => exportConversation(chat, one.id, 'markdown')}>
          <Icon name="save" /> Export as Markdown
        </button>
        <button type="button" onClick={() => exportConversation(chat, one.id, 'json')}>
          <Icon name="save" /> Export as JSON
        </button>
        <button type="button" className="danger" onClick={() => removeConversation(chat, one.id, one.title)}>
          <Icon name="bin" /> Delete
        </button>
      </Popover>
    </li>
  );
});
