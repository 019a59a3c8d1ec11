/** The provisional title of a conversation, by the server's own rule, so that nothing jumps when the real one comes. */

const LONGEST = 60; // characters; the server's limit for derived titles

export function titleFrom(text: string): string {
  const line = (text.trim().split('\n', 1)[0] ?? '').trim();
  if (line.length <= LONGEST) return line || 'New conversation';
  const cut = line.slice(0, LONGEST - 1);
  const word = cut.lastIndexOf(' ');
  return `${(word > LONGEST / 3 ? cut.slice(0, word) : cut).trimEnd()}…`;
}
