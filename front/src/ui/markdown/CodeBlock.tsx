/** A code block: language label, copy button, lazy highlighting. */
import { memo, useMemo } from 'react';
import { CopyButton } from '../CopyButton';
import { chunk, useChunk } from '../chunk';

export const highlighter = chunk(() => import('./highlight'));
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
  // A streaming block would be highlighted again with every part: it waits until it is complete.
  const wanted = closed && lang !== '' && text.length <= MAX_CHARS;
  const { value } = useChunk(highlighter, wanted);
  const pieces = useMemo(() => (wanted && value ? value.highlight(lang, text) : null), [wanted, value, lang, text]);
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
