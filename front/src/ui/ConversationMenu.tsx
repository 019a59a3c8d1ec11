/** The menu of one conversation, in the sidebar and in the header. */
import { useChat, useChatState } from './context';
import { exportConversation, printConversation, removeConversation, shareConversation } from './conversation-actions';
import { Icon } from './Icon';
import { Menu } from './Menu';

interface Props {
  id: string;
  title: string;
  label: string;
  onRename(): void;
}

export function ConversationMenu({ id, title, label, onRename }: Props) {
  const chat = useChat();
  const pinned = useChatState((state) => state.pins[id] === true);
  return (
    <Menu label={label} icon="more">
      <button type="button" onClick={onRename}>
        <Icon name="pen" /> Rename
      </button>
      <button type="button" onClick={() => chat.client.pin(id, !pinned)}>
        <Icon name="pin" /> {pinned ? 'Unpin' : 'Pin'}
      </button>
      <button type="button" onClick={() => exportConversation(chat, id, 'markdown')}>
        <Icon name="save" /> Export as Markdown
      </button>
      <button type="button" onClick={() => exportConversation(chat, id, 'json')}>
        <Icon name="save" /> Export as JSON
      </button>
      <button type="button" onClick={() => void shareConversation(chat, id, title)}>
        <Icon name="share" /> Share as a web page
      </button>
      <button type="button" onClick={() => void printConversation(chat, id)}>
        <Icon name="print" /> Print
      </button>
      <button type="button" className="danger" onClick={() => removeConversation(chat, id, title)}>
        <Icon name="bin" /> Delete
      </button>
    </Menu>
  );
}
