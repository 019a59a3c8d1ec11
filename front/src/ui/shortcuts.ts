/** The keyboard shortcuts as shown to the user. Data only; `app/shortcuts.ts` handles them. */

const MOD = typeof navigator !== 'undefined' && /Mac|iP(hone|ad)/.test(navigator.platform) ? '⌘' : 'Ctrl';

interface Shortcut {
  what: string;
  keys: readonly string[];
}

const SHORTCUTS = {
  send: { what: 'Send message', keys: ['Enter'] },
  newLine: { what: 'New line', keys: ['Shift', 'Enter'] },
  editLast: { what: 'Edit your last message (in an empty field)', keys: ['↑'] },
  commands: { what: 'Slash commands', keys: ['/'] },
  focusField: { what: 'Focus the message field', keys: ['Shift', 'Esc'] },
  stop: { what: 'Stop the reply', keys: ['Esc'] },
  again: { what: 'Another reply', keys: ['Alt', 'Shift', 'R'] },
  previousVersion: { what: 'Previous version of the last reply', keys: ['Alt', 'Shift', '←'] },
  nextVersion: { what: 'Next version of the last reply', keys: ['Alt', 'Shift', '→'] },
  copyReply: { what: 'Copy the last reply', keys: ['Alt', 'Shift', 'L'] },
  copyCode: { what: 'Copy last code block', keys: ['Alt', 'Shift', 'C'] },
  print: { what: 'Print the whole conversation', keys: [MOD, 'P'] },
  newConversation: { what: 'New conversation', keys: [MOD, 'Shift', 'O'] },
  previous: { what: 'Previous conversation', keys: ['Alt', '↑'] },
  next: { what: 'Next conversation', keys: ['Alt', '↓'] },
  palette: { what: 'Command palette', keys: [MOD, 'K'] },
  sidebar: { what: 'Toggle sidebar', keys: [MOD, 'B'] },
  pipeline: { what: 'Pipeline view', keys: ['Alt', 'P'] },
  shortcuts: { what: 'Keyboard shortcuts', keys: ['?'] },
} as const satisfies Record<string, Shortcut>;

export type ShortcutName = keyof typeof SHORTCUTS;

export const SHORTCUT_GROUPS: readonly { name: string; shortcuts: readonly Shortcut[] }[] = [
  { name: 'Writing', shortcuts: pick('send', 'newLine', 'editLast', 'commands', 'focusField') },
  {
    name: 'Replies',
    shortcuts: pick('stop', 'again', 'previousVersion', 'nextVersion', 'copyReply', 'copyCode', 'print'),
  },
  { name: 'Conversations', shortcuts: pick('newConversation', 'previous', 'next') },
  { name: 'Page', shortcuts: pick('palette', 'sidebar', 'pipeline', 'shortcuts') },
];

function pick(...names: ShortcutName[]): Shortcut[] {
  return names.map((name) => SHORTCUTS[name]);
}

export function keysOf(name: ShortcutName): readonly string[] {
  return SHORTCUTS[name].keys;
}

/** A tooltip with its shortcut: "New conversation (Ctrl+Shift+O)". */
export function withKeys(label: string, name: ShortcutName): string {
  return `${label} (${keysOf(name).join('+')})`;
}
