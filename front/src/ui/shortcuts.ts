/** The keyboard shortcuts: what they are shown as, and whether a key press is one. `app/shortcuts.ts` carries them out. */

const MOD = typeof navigator !== 'undefined' && /Mac|iP(hone|ad)/.test(navigator.platform) ? '⌘' : 'Ctrl';

const SHORTCUTS = {
  send: ['Enter'],
  newLine: ['Shift', 'Enter'],
  editLast: ['↑'],
  commands: ['/'],
  options: ['Alt', 'Shift', 'O'],
  focusField: ['Shift', 'Esc'],
  copyMessage: ['Alt', 'Shift', 'U'],
  previousMessage: ['Alt', 'Shift', '↑'],
  nextMessage: ['Alt', 'Shift', '↓'],
  stop: ['Esc'],
  again: ['Alt', 'Shift', 'R'],
  same: ['Alt', 'Shift', 'S'],
  previousVersion: ['Alt', 'Shift', '←'],
  nextVersion: ['Alt', 'Shift', '→'],
  stages: ['Alt', 'Shift', 'X'],
  copyReply: ['Alt', 'Shift', 'L'],
  copyCode: ['Alt', 'Shift', 'C'],
  latest: ['Alt', 'Shift', 'E'],
  rename: ['F2'],
  pin: ['Alt', 'Shift', 'P'],
  exportMarkdown: ['Alt', 'Shift', 'M'],
  exportJson: ['Alt', 'Shift', 'J'],
  share: ['Alt', 'Shift', 'W'],
  scenario: ['Alt', 'Shift', 'Y'],
  print: [MOD, 'P'],
  remove: [MOD, 'Shift', '⌫'],
  newConversation: [MOD, 'Shift', 'O'],
  previous: ['Alt', '↑'],
  next: ['Alt', '↓'],
  load: [MOD, 'O'],
  removeSeveral: ['Alt', 'Shift', '⌫'],
  palette: [MOD, 'K'],
  sidebar: [MOD, 'B'],
  pipeline: ['Alt', 'P'],
  calls: ['Alt', 'C'],
  settings: [MOD, ','],
  light: ['Alt', 'Shift', '1'],
  dark: ['Alt', 'Shift', '2'],
  system: ['Alt', 'Shift', '3'],
  undo: ['Alt', 'Shift', 'Z'],
  retry: ['Alt', 'Shift', 'N'],
  close: ['Esc'],
  shortcuts: ['?'],
} as const satisfies Record<string, readonly string[]>;

export type ShortcutName = keyof typeof SHORTCUTS;

export function keysOf(name: ShortcutName): readonly string[] {
  return SHORTCUTS[name];
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
