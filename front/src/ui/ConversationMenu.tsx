/** The menu of one conversation, in the sidebar and in the header. */
import { conversationActions } from './actions';
import { useChat, useChatState } from './context';
import { Icon } from './Icon';
import { Keys } from './Keys';
import { Menu } from './Menu';
import { keysOf } from './shortcuts';
import { useView } from './view';

interface Props {
  id: string;
  title: string;
  label: string;
  onRename(): void;
}

export function ConversationMenu({ id, title, label, onRename }: Props) {
  const chat = useChat();
  const pinned = useChatState((state) => state.pins[id] === true);
  // The shortcuts are about the conversation that is open.
  const open = useView(({ route }) => route.name === 'chat' && route.id === id);
  return (
    <Menu label={label} icon="more">
      {conversationActions(chat, { id, title, pinned, rename: onRename }).map((action) => (
        <button
          key={action.shortcut}
          type="button"
          className={action.danger ? 'danger' : undefined}
          onClick={action.run}
        >
          <Icon name={action.icon} /> {action.name}
          {open && <Keys keys={keysOf(action.shortcut)} hidden />}
        </button>
      ))}
    </Menu>
  );
}
