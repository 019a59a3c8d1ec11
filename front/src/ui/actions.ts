/** What can be done with a conversation and with the page. The menus, the palette and the shortcuts offer the same. */
import type { Chat } from './context';
import {
  copyLastCode,
  exportConversation,
  printConversation,
  removeConversation,
  saveScenario,
  shareConversation,
} from './conversation-actions';
import type { IconName } from './Icon';
import { chooseImport } from './import-file';
import type { ShortcutName } from './shortcuts';
import { setTheme } from './theme';
import { displayTitle } from './title';
import { currentView, navigate, openDialog } from './view';

export interface Action {
  name: string;
  icon: IconName;
  shortcut: ShortcutName;
  danger?: boolean;
  run(): void;
}

interface Subject {
  id: string;
  title: string;
  pinned: boolean;
  /** Begins to edit the title where it stands. */
  rename(): void;
}

export function conversationActions(chat: Chat, { id, title, pinned, rename }: Subject): Action[] {
  return [
    { name: 'Rename', icon: 'pen', shortcut: 'rename', run: rename },
    { name: pinned ? 'Unpin' : 'Pin', icon: 'pin', shortcut: 'pin', run: () => chat.client.pin(id, !pinned) },
    {
      name: 'Export as Markdown',
      icon: 'save',
      shortcut: 'exportMarkdown',
      run: () => exportConversation(chat, id, 'markdown'),
    },
    { name: 'Export as JSON', icon: 'save', shortcut: 'exportJson', run: () => exportConversation(chat, id, 'json') },
    {
      name: 'Share as a web page',
      icon: 'share',
      shortcut: 'share',
      run: () => void shareConversation(chat, id, title),
    },
    { name: 'Save as scenario', icon: 'save', shortcut: 'scenario', run: () => saveScenario(chat, id) },
    { name: 'Print', icon: 'print', shortcut: 'print', run: () => void printConversation(chat, id) },
    {
      name: 'Delete',
      icon: 'bin',
      shortcut: 'remove',
      danger: true,
      run: () => removeConversation(chat, id, title),
    },
  ];
}

/** The same for the conversation that is open; none if none is. */
export function openConversationActions(chat: Chat): Action[] {
  const { route } = currentView();
  const { conversations, pins } = chat.store.state;
  const title = route.name === 'chat' ? conversations[route.id]?.title : undefined;
  if (route.name !== 'chat' || !title) return [];
  const rename = () => document.querySelector<HTMLButtonElement>('.topbar-title button')?.click();
  return [
    ...conversationActions(chat, { id: route.id, title: displayTitle(title), pinned: pins[route.id] === true, rename }),
    { name: 'Copy the last code', icon: 'copy', shortcut: 'copyCode', run: () => void copyLastCode() },
  ];
}

export function pageActions(chat: Chat): Action[] {
  return [
    { name: 'New conversation', icon: 'plus', shortcut: 'newConversation', run: () => navigate({ name: 'new' }) },
    { name: 'Show the pipeline', icon: 'route', shortcut: 'pipeline', run: () => navigate({ name: 'pipeline' }) },
    { name: 'Show the calls', icon: 'calls', shortcut: 'calls', run: () => navigate({ name: 'calls' }) },
    { name: 'Import a conversation…', icon: 'load', shortcut: 'load', run: () => chooseImport(chat) },
    { name: 'Theme: light', icon: 'sun', shortcut: 'light', run: () => setTheme('light') },
    { name: 'Theme: dark', icon: 'moon', shortcut: 'dark', run: () => setTheme('dark') },
    { name: 'Theme: as the system', icon: 'half', shortcut: 'system', run: () => setTheme('system') },
    {
      name: 'Delete several conversations…',
      icon: 'bin',
      shortcut: 'removeSeveral',
      run: () => openDialog('manage'),
    },
    { name: 'Settings', icon: 'gear', shortcut: 'settings', run: () => openDialog('settings') },
    { name: 'Keyboard shortcuts', icon: 'keys', shortcut: 'shortcuts', run: () => openDialog('shortcuts') },
  ];
}
