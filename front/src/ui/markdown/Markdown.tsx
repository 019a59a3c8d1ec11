/** A Markdown text. The renderer is loaded on demand; without it the text is shown as it is. */
import { memo, useState } from 'react';
import { chunk, useChunk } from '../chunk';
import { PlainText } from './PlainText';

const renderer = chunk(() => import('./MarkdownText'));
const MAX_CHARS = 100_000; // characters rendered at first; more than a hundred screens

/** Called when the page is idle, so that the first reply finds the renderer loaded. */
export function preloadMarkdown(): void {
  renderer.load();
}

export const Markdown = memo(function Markdown({ text, growing = false }: { text: string; growing?: boolean }) {
  const { value, failed } = useChunk(renderer);
  const [all, setAll] = useState(false);
  const shown = all || text.length <= MAX_CHARS ? text : text.slice(0, MAX_CHARS);
  return (
    <div className={growing ? 'prose growing' : 'prose'}>
      {value ? <value.MarkdownText text={shown} growing={growing} /> : <PlainText text={shown} />}
      {failed && (
        <div className="outcome">
          <span>The formatting could not be loaded.</span>
          <button type="button" className="small-button" onClick={renderer.load}>
            Load it again
          </button>
        </div>
      )}
      {shown.length < text.length && (
        <button type="button" className="button show-all" onClick={() => setAll(true)}>
          Show all of it ({Math.round(text.length / 1_000).toLocaleString()} thousand characters)
        </button>
      )}
    </div>
  );
});
