/** A search hit's text with its marks; the text is never interpreted as HTML. */
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

export function authorOf({ role }: SearchHit): string {
  return role === 'user' ? 'you said' : 'Myna said';
}

const MARKUP: readonly (readonly [RegExp, string])[] = [
  [/(^|\s)#{1,6} /g, '$1'], // headings
  [/(?:\|\s*:?-{2,}:?\s*)+\|?/g, '|'], // the separator below a table's header
  [/(^|\s)\|(?:\s*\|)*(?=\s|…?$)/g, '$1·'], // between cells and rows
  [/^\s*·\s*|\s*·\s*(?=…?$)/g, ''],
  [/\[([^\]\n]*)\]\([^)\s]*\)/g, '$1'], // links
  [/(?<=^|[\s(“"'·])\*{1,3}(?=[^\s*])|(?<=[^\s*])\*{1,3}(?=$|[\s.,;:!?)”"'…])/g, ''], // emphasis, also where the snippet cut off one end
  [/(?<=^|\s)(_{1,2})(?=\S)([^_]+)(?<=\S)\1(?=$|[\s.,;:!?)…])/g, '$2'],
  [/~~|`+/g, ''], // strikethrough, code
  [/\\([\\*_|~#])/g, '$1'], // escaped characters
];

/** The snippet without Markdown syntax if it is of a reply; messages are shown as typed. */
export function snippetOf({ role, snippet }: SearchHit): string {
  if (role === 'user') return snippet;
  return MARKUP.reduce((text, [sign, by]) => text.replace(sign, by), snippet);
}

export function Snippet({ text, by }: { text: string; by?: string }) {
  return (
    <span className="hit-text" dir="auto">
      {by && <bdi className="hit-by">{by} </bdi>}
      {piecesOf(text).map((piece, place) =>
        // biome-ignore lint/suspicious/noArrayIndexKey: pieces never change order
        piece.marked ? <mark key={place}>{piece.text}</mark> : piece.text,
      )}
    </span>
  );
}
