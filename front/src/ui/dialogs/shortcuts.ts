/** The keyboard shortcuts as shown to the user. Data only; `app/shortcuts.ts` handles them. */

const mod = typeof navigator !== 'undefined' && /Mac|iP(hone|ad)/.test(navigator.platform) ? '⌘' : 'Ctrl';

export const SHORTCUTS: readonly { what: string; keys: readonly string[] }[] = [
  { what: 'Send message', keys: ['Enter'] },
  { what: 'New line', keys: ['Shift', 'Enter'] },
  { what: 'Reuse your last message (in an empty field)', keys: ['↑'] },
  { what: 'Stop the reply', keys: ['Esc'] },
  { what: 'Slash commands', keys: ['/'] },
  { what: 'Command palette', keys: [mod, 'K'] },
  { what: 'New conversation', keys: [mod, 'Shift', 'O'] },
  { what: 'Previous conversation', keys: ['Alt', '↑'] },
  { what: 'Next conversation', keys: ['Alt', '↓'] },
  { what: 'Focus the message field', keys: ['Shift', 'Esc'] },
  { what: 'Copy last code block', keys: ['Alt', 'Shift', 'C'] },
  { what: 'Toggle sidebar', keys: [mod, 'B'] },
  { what: 'Pipeline view', keys: ['Alt', 'P'] },
  { what: 'Keyboard shortcuts', keys: ['?'] },
];
