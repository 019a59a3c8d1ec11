/** The mock's typed commands and profiles, as the menus show them. Data only. */

export interface Command {
  name: string;
  args?: string;
  help: string;
}

export const COMMANDS: readonly Command[] = [
  { name: '/help', help: 'what the mock can do' },
  { name: '/code', help: 'an answer with code in it' },
  { name: '/table', help: 'an answer with a table' },
  { name: '/list', help: 'an answer with a list' },
  { name: '/long', help: 'a long answer, at full speed' },
  { name: '/slow', help: 'an answer that takes its time' },
  { name: '/fail', help: 'an answer that fails half-way' },
  { name: '/echo', args: '<text>', help: 'say the text back' },
  { name: '/sleep', args: '<seconds>', help: 'think for so long first' },
];

export const PROFILES = [
  { name: '', help: 'As the server is set' },
  { name: 'instant', help: 'Instant: one part, at once' },
  { name: 'fast', help: 'Fast' },
  { name: 'normal', help: 'Normal' },
  { name: 'slow', help: 'Slow' },
  { name: 'flaky', help: 'Flaky: stalls and fails now and then' },
] as const;

/** The commands that a half-typed word could become; none once there is more than the word. */
export function matching(text: string): readonly Command[] {
  if (!/^\/\S*$/.test(text)) return [];
  return COMMANDS.filter((command) => command.name.startsWith(text));
}
