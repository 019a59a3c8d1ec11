/** The mock's slash commands and profiles, as the menus show them. Data only. */

export interface Command {
  name: string;
  args?: string;
  help: string;
}

export const COMMANDS: readonly Command[] = [
  { name: '/help', help: 'what the mock can do' },
  { name: '/code', args: '[language]', help: 'a short program' },
  { name: '/table', args: '[rows]', help: 'a table' },
  { name: '/list', args: '[items]', help: 'a list' },
  { name: '/markdown', help: 'all of Markdown on one page' },
  { name: '/long', args: '[paragraphs]', help: 'talks at length' },
  { name: '/words', args: '[number]', help: 'exactly so many words' },
  { name: '/slow', args: '[seconds]', help: 'waits so long between parts' },
  { name: '/sleep', args: '[seconds]', help: 'is silent first' },
  { name: '/fail', args: '[code]', help: 'fails on purpose' },
  { name: '/cut', help: 'ends in the middle, as at a length limit' },
  { name: '/echo', args: '<text>', help: 'says the text back' },
  { name: '/emoji', help: 'characters that must not come apart' },
  { name: '/rtl', help: 'writes from right to left' },
  { name: '/seed', help: 'what this reply was drawn from' },
];

export const PROFILES = [
  { name: '', help: 'As the server is set' },
  { name: 'instant', help: 'Instant: one part, at once' },
  { name: 'fast', help: 'Fast' },
  { name: 'normal', help: 'Normal' },
  { name: 'slow', help: 'Slow' },
  { name: 'thinking', help: 'Thinking: silent for seconds first' },
  { name: 'flaky', help: 'Flaky: one reply in five fails' },
  { name: 'overloaded', help: 'Overloaded: long waits, half turned away' },
  { name: 'faulty', help: 'Faulty: three in five fail, on the wire too' },
] as const;

/** The commands that begin with the typed word; none once there is more than one word. */
export function matching(text: string): readonly Command[] {
  if (!/^\/\S*$/.test(text)) return [];
  return COMMANDS.filter((command) => command.name.startsWith(text));
}
