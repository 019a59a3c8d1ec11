/** A block of code: its language, a copy button, colours when they have been loaded. */
import { memo, useEffect, useState } from 'react';
import { CopyButton } from '../CopyButton';
import type { Piece } from './highlight';

const LONGEST = 60_000; // characters; colouring more would hold up the page

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
    // A growing block would be coloured again with every part: it waits until it is whole.
    if (!closed || !lang || text.length > LONGEST) return;
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
        <CopyButton text={text} label="Copy code" words />
      </div>
      <pre tabIndex={0}>
        <code>
          {pieces
            ? pieces.map((piece, place) =>
                piece.className ? (
                  // biome-ignore lint/suspicious/noArrayIndexKey: pieces are never moved
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
