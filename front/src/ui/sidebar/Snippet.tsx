/** A search hit's text with its marks; the text is only ever text, whatever stands in it. */
import type { SearchHit } from '../../protocol/http';

const MARKED = /<mark>(.*?)<\/mark>/gs;

export interface Piece {
  text: string;
  marked: boolean;
}

export function piecesOf(snippet: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of snippet.matchAll(MARKED)) {
    if (match.index > from) pieces.push({ text: snippet.slice(from, match.index), marked: false });
    pieces.push({ text: match[1] ?? '', marked: true });
    from = match.index + match[0].length;
  }
  if (from < snippet.length) pieces.push({ text: snippet.slice(from), marked: false });
  return pieces;
}

export function saidBy({ role }: SearchHit): string {
  return role === 'user' ? 'you said' : 'Myna said';
}

/** Replies are Markdown and lose its simple signs; what a person said is shown as they wrote it. It is one line. */
export function snippetOf({ role, snippet }: SearchHit): string {
  if (role === 'user') return snippet;
  return snippet
    .replace(/(^|\s)#{1,6} /g, '$1') // headings
    .replace(/(?:\|\s*:?-{2,}:?\s*)+\|/g, '') // the line below a table's head
    .replace(/\[([^\]\n]*)\]\([^)\s]*\)/g, '$1') // links
    .replace(/\*\*(?=\S)|(?<=\S)\*\*|`+/g, ''); // strong, code
}

export function Snippet({ text }: { text: string }) {
  return (
    <span className="hit-text" dir="auto">
      {piecesOf(text).map((piece, place) =>
        // biome-ignore lint/suspicious/noArrayIndexKey: pieces are never moved
        piece.marked ? <mark key={place}>{piece.text}</mark> : piece.text,
      )}
    </span>
  );
}
