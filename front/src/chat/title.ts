/** The provisional title of a conversation, by the server's own rule, so that nothing jumps when the real one comes. */

const MAX_CHARS = 60; // characters; the server's limit for derived titles
const LINE_END = /\r\n|[\n\v\f\r\u0085\u2028\u2029]/u;

/** The text's first line that holds anything, without control characters, cut at a word. */
export function titleFrom(text: string): string {
  const line = text.split(LINE_END).map(oneLine).find(Boolean) ?? 'New conversation';
  const characters = Array.from(line);
  if (characters.length <= MAX_CHARS) return line;
  const cut = characters.slice(0, MAX_CHARS).join('');
  const head = cut.slice(0, Math.max(0, cut.lastIndexOf(' ')));
  return `${(head || cut).replace(/[ ,.;:]+$/u, '')}…`;
}

function oneLine(text: string): string {
  return text
    .replace(/\p{Cc}/gu, ' ')
    .split(/\s+/u)
    .filter(Boolean)
    .join(' ');
}
