/** A code block: language label, copy button, lazy highlighting. */
import { memo, useEffect, useState } from 'react';
import { CopyButton } from '../CopyButton';
import type { Piece } from './highlight';

const MAX_CHARS = 60_000; // characters; highlighting more would block the page

export const CodeBlock = memo(function CodeBlock({
  lang,
  text,
  closed,
}: {
  lang: string;
  text: string;
  closed: boolean;
}) {
  const [pieces, setPieces] = useState<Piece[] | null>(null);
  useEffect(() => {
    setPieces(null);
    // A streaming block would be highlighted again with every part: it waits until it is complete.
    if (!closed || !lang || text.length > MAX_CHARS) return;
    let wanted = true;
    void import('./highlight').then(({ highlight }) => {
      if (wanted) setPieces(highlight(lang, text));
    });
    return () => {
      wanted = false;
    };
  }, [lang, text, closed]);
  return (
    <div className="code" dir="ltr">
      <div className="code-head">
        <span>{lang || 'text'}</span>
        <CopyButton text={text} label="Copy code" showLabel />
      </div>
      <pre tabIndex={0}>
        <code>
          {pieces
            ? pieces.map((piece, place) =>
                piece.className ? (
                  // biome-ignore lint/suspicious/noArrayIndexKey: pieces never change order
                  <span key={place} className={piece.className}>
                    {piece.text}
                  </span>
                ) : (
                  piece.text
                ),
              )
            : text}
        </code>
      </pre>
    </div>
  );
});
