/** A whole text: cut into blocks, each drawn once and left alone while the last one grows. */
import { lazy, memo, Suspense, useMemo, useState } from 'react';
import { blocksOf, mended } from './blocks';
import { CodeBlock } from './CodeBlock';

const loadBlock = () => import('./MarkdownBlock');
const MarkdownBlock = lazy(loadBlock);

/** Called when the page has nothing better to do, so that the first reply finds the parser there. */
export function preloadMarkdown(): void {
  void loadBlock();
}

const SHOWN = 100_000; // characters drawn without being asked; more than a hundred screens
const SLICE = 8_000; // characters of plain text in one box: layout stays quick, even in one endless line

function slices(text: string): string[] {
  const out: string[] = [];
  for (let at = 0; at < text.length; at += SLICE) out.push(text.slice(at, at + SLICE));
  return out;
}

const Raw = memo(function Raw({ text }: { text: string }) {
  return slices(text).map((slice, place) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: slices are never moved
    <div key={place} className="raw" dir="auto">
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
        // Blocks only ever grow at the end, so the place is a faithful key.
        const key = `${block.kind}${place}`;
        if (block.kind === 'code')
          return <CodeBlock key={key} lang={block.lang} text={block.text} closed={block.closed || !growing} />;
        if (block.kind === 'raw') return <Raw key={key} text={block.text} />;
        const words = growing && place === last ? mended(block.text) : block.text;
        return (
          <Suspense
            key={key}
            fallback={
              <div className="raw" dir="auto">
                {words}
              </div>
            }
          >
            <MarkdownBlock text={words} />
          </Suspense>
        );
      })}
      {shown.length < text.length && (
        <button type="button" className="button too-much" onClick={() => setAll(true)}>
          Show all of it ({Math.round(text.length / 1_000).toLocaleString()} thousand characters)
        </button>
      )}
    </div>
  );
});
