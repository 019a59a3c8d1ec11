/** The actions that the palette offers. */
import type { Chat } from '../context';
import {
  copyLastCode,
  exportConversation,
  printConversation,
  removeConversation,
  shareConversation,
} from '../conversation-actions';
import type { IconName } from '../Icon';
import { chooseImport } from '../import-file';
import type { ShortcutName } from '../shortcuts';
import { setTheme } from '../theme';
import { displayTitle } from '../title';
import { currentView, navigate, openDialog } from '../view';

export interface PageAction {
  name: string;
  icon: IconName;
  shortcut?: ShortcutName;
  run(): void;
}

function conversationActions(chat: Chat): PageAction[] {
  const { route } = currentView();
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
    {
      name: 'Share this conversation as a web page',
      icon: 'share',
      run: () => void shareConversation(chat, id, displayTitle(title)),
    },
    {
      name: 'Print this conversation',
      icon: 'print',
      shortcut: 'print',
      run: () => void printConversation(chat, id),
    },
    { name: 'Copy the last code', icon: 'copy', shortcut: 'copyCode', run: () => void copyLastCode() },
    {
      name: 'Delete this conversation',
      icon: 'bin',
      run: () => removeConversation(chat, id, displayTitle(title)),
    },
  ];
}

export function pageActions(chat: Chat): PageAction[] {
  return [
    { name: 'New conversation', icon: 'plus', shortcut: 'newConversation', run: () => navigate({ name: 'new' }) },
    { name: 'Show the pipeline', icon: 'route', shortcut: 'pipeline', run: () => navigate({ name: 'pipeline' }) },
    ...conversationActions(chat),
    { name: 'Import a conversation…', icon: 'load', run: () => chooseImport(chat) },
    { name: 'Theme: light', icon: 'sun', run: () => setTheme('light') },
    { name: 'Theme: dark', icon: 'moon', run: () => setTheme('dark') },
    { name: 'Theme: as the system', icon: 'half', run: () => setTheme('system') },
    { name: 'Delete several conversations…', icon: 'bin', run: () => openDialog('manage') },
    { name: 'Settings', icon: 'gear', run: () => openDialog('settings') },
    { name: 'Keyboard shortcuts', icon: 'keys', shortcut: 'shortcuts', run: () => openDialog('shortcuts') },
  ];
}
