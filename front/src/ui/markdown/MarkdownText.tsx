/** Renders Markdown block by block: while the text streams, only its last block renders again. */
import { useMemo } from 'react';
import remend from 'remend';
import { ErrorBoundary } from '../ErrorBoundary';
import { type Block, blocksOf } from './blocks';
import { CodeBlock } from './CodeBlock';
import { MarkdownBlock } from './MarkdownBlock';
import { PlainText } from './PlainText';

export function MarkdownText({ text, growing }: { text: string; growing: boolean }) {
  const blocks = useMemo(() => blocksOf(text), [text]);
  return blocks.map((block, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: blocks are only added at the end
    <ErrorBoundary key={`${block.kind}${index}`} resetKey={block.text} fallback={() => <PlainText text={block.text} />}>
      <BlockView block={block} last={growing && index === blocks.length - 1} />
    </ErrorBoundary>
  ));
}

/** `last`: the block is still streaming, so markup that is open at its end is closed for the time being. */
function BlockView({ block, last }: { block: Block; last: boolean }) {
  if (block.kind === 'plain') return <PlainText text={block.text} />;
  if (block.kind === 'code') return <CodeBlock lang={block.lang} text={block.text} closed={block.closed || !last} />;
  return <MarkdownBlock text={last ? remend(block.text, { linkMode: 'text-only' }) : block.text} />;
}
