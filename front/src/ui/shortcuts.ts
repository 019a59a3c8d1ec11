/** The keyboard shortcuts as shown to the user. Data only; `app/shortcuts.ts` handles them. */

const MOD = typeof navigator !== 'undefined' && /Mac|iP(hone|ad)/.test(navigator.platform) ? '⌘' : 'Ctrl';

interface Shortcut {
  what: string;
  keys: readonly string[];
}

const SHORTCUTS = {
  send: { what: 'Send message', keys: ['Enter'] },
  newLine: { what: 'New line', keys: ['Shift', 'Enter'] },
  reuse: { what: 'Reuse your last message (in an empty field)', keys: ['↑'] },
  commands: { what: 'Slash commands', keys: ['/'] },
  focusField: { what: 'Focus the message field', keys: ['Shift', 'Esc'] },
  stop: { what: 'Stop the reply', keys: ['Esc'] },
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
  { name: 'Writing', shortcuts: pick('send', 'newLine', 'reuse', 'commands', 'focusField') },
  { name: 'Replies', shortcuts: pick('stop', 'copyCode', 'print') },
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
