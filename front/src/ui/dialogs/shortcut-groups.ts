/** What each keyboard shortcut does, in groups, as the list of them shows it. */
import { keysOf, type ShortcutName } from '../shortcuts';

interface Shortcut {
  what: string;
  keys: readonly string[];
}

const WHAT: Record<ShortcutName, string> = {
  send: 'Send message',
  newLine: 'New line',
  editLast: 'Edit your last message',
  commands: 'Slash commands',
  options: 'How the mock answers',
  focusField: 'Focus the message field',
  copyMessage: 'Copy your last message',
  previousMessage: 'Previous version of it',
  nextMessage: 'Next version of it',
  stop: 'Stop',
  again: 'Another reply',
  same: 'Same again',
  previousVersion: 'Previous version',
  nextVersion: 'Next version',
  stages: 'Stages in the pipeline',
  copyReply: 'Copy',
  copyCode: 'Copy the last code',
  latest: 'Jump to latest',
  rename: 'Rename',
  pin: 'Pin',
  exportMarkdown: 'Export as Markdown',
  exportJson: 'Export as JSON',
  share: 'Share as a web page',
  scenario: 'Save as scenario',
  print: 'Print, whole',
  remove: 'Delete',
  newConversation: 'New conversation',
  previous: 'Previous conversation',
  next: 'Next conversation',
  load: 'Import',
  removeSeveral: 'Delete several',
  palette: 'Find anything',
  sidebar: 'Show or hide the sidebar',
  pipeline: 'Pipeline view',
  calls: 'Calls',
  settings: 'Settings',
  light: 'Light theme',
  dark: 'Dark theme',
  system: 'Theme of the system',
  undo: 'Undo what a note offers to',
  retry: 'Retry the connection',
  close: 'Close',
  shortcuts: 'Keyboard shortcuts',
};

export const SHORTCUT_GROUPS: readonly { name: string; shortcuts: readonly Shortcut[] }[] = [
  {
    name: 'Your message',
    shortcuts: pick('send', 'newLine', 'editLast', 'commands', 'options', 'focusField').concat(
      pick('copyMessage', 'previousMessage', 'nextMessage'),
    ),
  },
  {
    name: 'The last reply',
    shortcuts: pick('stop', 'again', 'same', 'previousVersion', 'nextVersion', 'stages', 'copyReply').concat(
      pick('copyCode', 'latest'),
    ),
  },
  {
    name: 'This conversation',
    shortcuts: pick('rename', 'pin', 'exportMarkdown', 'exportJson', 'share', 'scenario', 'print', 'remove'),
  },
  { name: 'Conversations', shortcuts: pick('newConversation', 'previous', 'next', 'load', 'removeSeveral') },
  {
    name: 'Page',
    shortcuts: pick(
      'palette',
      'sidebar',
      'pipeline',
      'calls',
      'settings',
      'light',
      'dark',
      'system',
      'undo',
      'retry',
    ).concat(pick('shortcuts')),
  },
];

function pick(...names: ShortcutName[]): Shortcut[] {
  return names.map((name) => ({ what: WHAT[name], keys: keysOf(name) }));
}
