/** A Markdown text, split into blocks: while it streams only the last block renders again. */
import { lazy, memo, Suspense, useMemo, useState } from 'react';
import { blocksOf, closeOpenMarkup } from './blocks';
import { CodeBlock } from './CodeBlock';

const loadBlock = () => import('./MarkdownBlock');
const MarkdownBlock = lazy(loadBlock);

/** Called when the page is idle, so that the first reply finds the parser loaded. */
export function preloadMarkdown(): void {
  void loadBlock();
}

const SHOWN = 100_000; // characters rendered at first; more than a hundred screens
const SLICE = 8_000; // characters of plain text in one box, so that layout stays fast in one endless line

function slices(text: string): string[] {
  const out: string[] = [];
  for (let at = 0; at < text.length; at += SLICE) out.push(text.slice(at, at + SLICE));
  return out;
}

const PlainText = memo(function PlainText({ text }: { text: string }) {
  return slices(text).map((slice, place) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: slices never change order
    <div key={place} className="plain-text" dir="auto">
      {slice}
    </div>
  ));
});

export const Markdown = memo(function Markdown({ text, growing = false }: { text: string; growing?: boolean }) {
  const [all, setAll] = useState(false);
  const shown = all || text.length <= SHOWN ? text : text.slice(0, SHOWN);
  const blocks = useMemo(() => blocksOf(shown), [shown]);
  const last = blocks.length - 1;
  return (
    <div className={growing ? 'prose growing' : 'prose'}>
      {blocks.map((block, place) => {
        // Blocks are only added at the end, so the index is a stable key.
        const key = `${block.kind}${place}`;
        if (block.kind === 'code')
          return <CodeBlock key={key} lang={block.lang} text={block.text} closed={block.closed || !growing} />;
        if (block.kind === 'raw') return <PlainText key={key} text={block.text} />;
        const shownText = growing && place === last ? closeOpenMarkup(block.text) : block.text;
        return (
          <Suspense
            key={key}
            fallback={
              <div className="plain-text" dir="auto">
                {shownText}
              </div>
            }
          >
            <MarkdownBlock text={shownText} />
          </Suspense>
        );
      })}
      {shown.length < text.length && (
        <button type="button" className="button show-all" onClick={() => setAll(true)}>
          Show all of it ({Math.round(text.length / 1_000).toLocaleString()} thousand characters)
        </button>
      )}
    </div>
  );
});
