/** What the page can do, as the palette offers it. */
import { copyLastCode, exportConversation, removeConversation } from '../acts';
import type { Chat } from '../context';
import type { IconName } from '../Icon';
import { chooseImport } from '../importing';
import { chooseTheme, go, view } from '../view';

interface PageAct {
  name: string;
  icon: IconName;
  run(): void;
}

function conversationActs(chat: Chat): PageAct[] {
  const { route } = view.getState();
  if (route.name !== 'chat') return [];
  const { id } = route;
  const state = chat.store.state;
  const title = state.conversations[id]?.title;
  if (!title) return [];
  const pinned = state.pins[id] === true;
  return [
    {
      name: pinned ? 'Unpin this conversation' : 'Pin this conversation',
      icon: 'pin',
      run: () => chat.client.pin(id, !pinned),
    },
    { name: 'Export this conversation as Markdown', icon: 'save', run: () => exportConversation(chat, id, 'markdown') },
    { name: 'Export this conversation as JSON', icon: 'save', run: () => exportConversation(chat, id, 'json') },
    { name: 'Copy the last code', icon: 'copy', run: () => void copyLastCode() },
    { name: 'Delete this conversation', icon: 'bin', run: () => removeConversation(chat, id, title) },
  ];
}

export function pageActs(chat: Chat): PageAct[] {
  return [
    { name: 'New conversation', icon: 'plus', run: () => go({ name: 'new' }) },
    { name: 'Show the pipeline', icon: 'route', run: () => go({ name: 'pipeline' }) },
    ...conversationActs(chat),
    { name: 'Import a conversation…', icon: 'load', run: () => chooseImport(chat) },
    { name: 'Theme: light', icon: 'sun', run: () => chooseTheme('light') },
    { name: 'Theme: dark', icon: 'moon', run: () => chooseTheme('dark') },
    { name: 'Theme: as the system', icon: 'half', run: () => chooseTheme('system') },
    { name: 'Keyboard shortcuts', icon: 'keys', run: () => view.setState({ dialog: 'keys' }) },
  ];
}
