/** One conversation in the sidebar: its title, when it was used, a dot for a running or unread reply, its menu. */
import { memo, useState } from 'react';
import type { Conversation } from '../../chat/state';
import { ConversationMenu } from '../ConversationMenu';
import { useChat, useChatState } from '../context';
import { renameConversation } from '../conversation-actions';
import { shortAge } from '../format';
import { TitleField } from '../TitleField';
import { displayTitle } from '../title';
import { navigate } from '../view';

interface Props {
  one: Conversation;
  current: boolean;
  /** The time of the last render of the list, for the relative time. */
  now: number;
}

export const ConversationRow = memo(function ConversationRow({ one, current, now }: Props) {
  const chat = useChat();
  const [renaming, setRenaming] = useState(false);
  const running = useChatState((state) => state.active[one.id] === true);
  const unread = useChatState((state) => state.unread[one.id] === true);
  const title = displayTitle(one.title);
  const look = `row${current ? ' current' : ''}${unread ? ' unread' : ''}`;
  if (renaming) {
    const done = (next: string | null) => {
      setRenaming(false);
      if (next !== null && next !== title) renameConversation(chat, one.id, next);
    };
    return (
      <li className={look}>
        <TitleField title={title} next={`.row a[href="/c/${one.id}"]`} onDone={done} />
      </li>
    );
  }
  return (
    <li className={look}>
      <a
        href={`/c/${one.id}`}
        title={title}
        aria-current={current ? 'page' : undefined}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          navigate({ name: 'chat', id: one.id });
        }}
      >
        <span className="row-title" dir="auto">
          {title}
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
        <span className="row-age" aria-hidden="true">
          {shortAge(one.updated_at, now)}
        </span>
      </a>
      <ConversationMenu id={one.id} title={title} label={`Menu of ${title}`} onRename={() => setRenaming(true)} />
    </li>
  );
});
