/** The keys, as the sheet shows them. Data only; `app/shortcuts.ts` makes them work. */

const mod = typeof navigator !== 'undefined' && /Mac|iP(hone|ad)/.test(navigator.platform) ? '⌘' : 'Ctrl';

export const KEYS: readonly { what: string; keys: readonly string[] }[] = [
  { what: 'Send the message', keys: ['Enter'] },
  { what: 'New line', keys: ['Shift', 'Enter'] },
  { what: 'What you said last, in an empty field', keys: ['↑'] },
  { what: 'Stop the reply', keys: ['Esc'] },
  { what: 'Commands of the mock', keys: ['/'] },
  { what: 'Find anything', keys: [mod, 'K'] },
  { what: 'New conversation', keys: [mod, 'Shift', 'O'] },
  { what: 'Conversation before', keys: ['Alt', '↑'] },
  { what: 'Next conversation', keys: ['Alt', '↓'] },
  { what: 'To the message field', keys: ['Shift', 'Esc'] },
  { what: 'Copy the last code', keys: ['Alt', 'Shift', 'C'] },
  { what: 'Show or hide the side', keys: [mod, 'B'] },
  { what: 'The pipeline', keys: ['Alt', 'P'] },
  { what: 'This sheet', keys: ['?'] },
];
