/** The keyboard shortcuts: what they are shown as, and whether a key press is one. `app/shortcuts.ts` carries them out. */

const MOD = typeof navigator !== 'undefined' && /Mac|iP(hone|ad)/.test(navigator.platform) ? '⌘' : 'Ctrl';

interface Shortcut {
  what: string;
  keys: readonly string[];
}

const SHORTCUTS = {
  send: { what: 'Send message', keys: ['Enter'] },
  newLine: { what: 'New line', keys: ['Shift', 'Enter'] },
  editLast: { what: 'Edit your last message', keys: ['↑'] },
  commands: { what: 'Slash commands', keys: ['/'] },
  options: { what: 'How the mock answers', keys: ['Alt', 'Shift', 'O'] },
  focusField: { what: 'Focus the message field', keys: ['Shift', 'Esc'] },
  copyMessage: { what: 'Copy your last message', keys: ['Alt', 'Shift', 'U'] },
  previousMessage: { what: 'Previous version of it', keys: ['Alt', 'Shift', '↑'] },
  nextMessage: { what: 'Next version of it', keys: ['Alt', 'Shift', '↓'] },
  stop: { what: 'Stop', keys: ['Esc'] },
  again: { what: 'Another reply', keys: ['Alt', 'Shift', 'R'] },
  same: { what: 'Same again', keys: ['Alt', 'Shift', 'S'] },
  previousVersion: { what: 'Previous version', keys: ['Alt', 'Shift', '←'] },
  nextVersion: { what: 'Next version', keys: ['Alt', 'Shift', '→'] },
  stages: { what: 'Stages in the pipeline', keys: ['Alt', 'Shift', 'X'] },
  copyReply: { what: 'Copy', keys: ['Alt', 'Shift', 'L'] },
  copyCode: { what: 'Copy the last code', keys: ['Alt', 'Shift', 'C'] },
  latest: { what: 'Jump to latest', keys: ['Alt', 'Shift', 'E'] },
  rename: { what: 'Rename', keys: ['F2'] },
  pin: { what: 'Pin', keys: ['Alt', 'Shift', 'P'] },
  exportMarkdown: { what: 'Export as Markdown', keys: ['Alt', 'Shift', 'M'] },
  exportJson: { what: 'Export as JSON', keys: ['Alt', 'Shift', 'J'] },
  share: { what: 'Share as a web page', keys: ['Alt', 'Shift', 'W'] },
  scenario: { what: 'Save as scenario', keys: ['Alt', 'Shift', 'Y'] },
  print: { what: 'Print, whole', keys: [MOD, 'P'] },
  remove: { what: 'Delete', keys: [MOD, 'Shift', '⌫'] },
  newConversation: { what: 'New conversation', keys: [MOD, 'Shift', 'O'] },
  previous: { what: 'Previous conversation', keys: ['Alt', '↑'] },
  next: { what: 'Next conversation', keys: ['Alt', '↓'] },
  load: { what: 'Import', keys: [MOD, 'O'] },
  removeSeveral: { what: 'Delete several', keys: ['Alt', 'Shift', '⌫'] },
  palette: { what: 'Find anything', keys: [MOD, 'K'] },
  sidebar: { what: 'Show or hide the sidebar', keys: [MOD, 'B'] },
  pipeline: { what: 'Pipeline view', keys: ['Alt', 'P'] },
  calls: { what: 'Calls', keys: ['Alt', 'C'] },
  settings: { what: 'Settings', keys: [MOD, ','] },
  light: { what: 'Light theme', keys: ['Alt', 'Shift', '1'] },
  dark: { what: 'Dark theme', keys: ['Alt', 'Shift', '2'] },
  system: { what: 'Theme of the system', keys: ['Alt', 'Shift', '3'] },
  undo: { what: 'Undo what a note offers to', keys: ['Alt', 'Shift', 'Z'] },
  retry: { what: 'Retry the connection', keys: ['Alt', 'Shift', 'N'] },
  close: { what: 'Close', keys: ['Esc'] },
  shortcuts: { what: 'Keyboard shortcuts', keys: ['?'] },
} as const satisfies Record<string, Shortcut>;

export type ShortcutName = keyof typeof SHORTCUTS;

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
  return names.map((name) => SHORTCUTS[name]);
}

export function keysOf(name: ShortcutName): readonly string[] {
  return SHORTCUTS[name].keys;
}

/** A tooltip with its shortcut: "New conversation (Ctrl+Shift+O)". */
export function withKeys(label: string, name: ShortcutName): string {
  return `${label} (${keysOf(name).join('+')})`;
}

/** A tooltip of what every message or reply has, and the last one has a shortcut for. */
export function shortcutOfLast(label: string, name: ShortcutName, last: boolean): string {
  return last ? withKeys(label, name) : label;
}

/** Whether an input method is composing: its keys are not the page's. Safari ends a composition with 229 and says no more of it. */
export function isComposing({ isComposing, keyCode }: KeyboardEvent): boolean {
  return isComposing || keyCode === 229;
}

/** The keys that are not letters: as the browser calls them (`KeyboardEvent.code`, the place on the keyboard). */
const CODES: Record<string, string> = {
  '↑': 'ArrowUp',
  '↓': 'ArrowDown',
  '←': 'ArrowLeft',
  '→': 'ArrowRight',
  '⌫': 'Backspace',
  ',': 'Comma',
  F2: 'F2',
  '1': 'Digit1',
  '2': 'Digit2',
  '3': 'Digit3',
};

/** The letter that the layout has there; the place of the key where that is not Latin, or Alt makes another character of it. */
function codeOf({ key, code }: KeyboardEvent): string {
  if (/^[a-z]$/i.test(key)) return `Key${key.toUpperCase()}`;
  return key === ',' ? 'Comma' : code;
}

/** Whether these keys are pressed, and no other modifier. */
export function isShortcut(event: KeyboardEvent, name: ShortcutName): boolean {
  const keys = keysOf(name);
  const key = keys.at(-1) ?? '';
  return (
    codeOf(event) === (CODES[key] ?? `Key${key}`) &&
    (event.ctrlKey || event.metaKey) === keys.includes(MOD) &&
    event.shiftKey === keys.includes('Shift') &&
    event.altKey === keys.includes('Alt')
  );
}
