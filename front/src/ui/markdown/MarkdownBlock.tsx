/** One block of Markdown as React elements; HTML in the text is dropped. The only importer of the renderer. */
import type { Element } from 'hast';
import { type MouseEvent, memo, useId, useMemo } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import rehypeSanitize, { defaultSchema } from 'rehype-sanitize';
import remarkGfm from 'remark-gfm';
import { CodeBlock } from './CodeBlock';
import { directionOf, textOf } from './direction';

const schema = {
  ...defaultSchema,
  clobber: [], // the ids of footnotes have a prefix of their own, and no other ids get in
  protocols: { ...defaultSchema.protocols, href: ['http', 'https', 'mailto'] },
};

function languageOf(code: Element): string {
  const classes = code.properties.className;
  const found = Array.isArray(classes) ? classes.find((one) => String(one).startsWith('language-')) : undefined;
  return String(found ?? '').slice('language-'.length);
}

/** Shows a footnote, or what refers to it: the address stays that of the conversation, and so does the page's history. */
function showTarget(event: MouseEvent<HTMLAnchorElement>): void {
  event.preventDefault();
  const target = document.getElementById(decodeURIComponent(event.currentTarget.hash.slice(1)));
  if (!target) return;
  if (target.tabIndex < 0) target.tabIndex = -1; // so that it takes the focus
  target.focus({ preventScroll: true });
  target.scrollIntoView({ block: 'nearest' });
}

const components: Components = {
  a: ({ href, id, children, 'aria-label': label }) => {
    if (!href) return <span>{children}</span>;
    if (href.startsWith('#'))
      return (
        <a href={href} id={id} aria-label={label} onClick={showTarget}>
          {children}
        </a>
      );
    return (
      <a href={href} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    );
  },
  // A remote image would tell its server that the reply is being read: it is named and not fetched.
  img: ({ alt }) => <span className="image-note">picture: {alt || 'no description'}</span>,
  table: ({ children, node }) => (
    <section className="table-frame" tabIndex={0} aria-label="Table" dir={directionOf(node)}>
      <table>{children}</table>
    </section>
  ),
  pre: ({ node }) => {
    const code = node?.children[0];
    if (code?.type !== 'element') return null;
    return <CodeBlock lang={languageOf(code)} text={textOf(code).replace(/\n$/, '')} closed />;
  },
  code: ({ children }) => <code dir="ltr">{children}</code>,
  input: ({ checked }) => (
    <span className="task" role="img" aria-label={checked ? 'done' : 'not done'}>
      {checked ? '✓' : ''}
    </span>
  ),
  p: ({ children }) => <p dir="auto">{children}</p>,
  ul: ({ children, node }) => <ul dir={directionOf(node)}>{children}</ul>,
  ol: ({ children, node, start }) => (
    <ol dir={directionOf(node)} start={start}>
      {children}
    </ol>
  ),
  blockquote: ({ children, node }) => <blockquote dir={directionOf(node)}>{children}</blockquote>,
  // The page's own headings are h1 and h2.
  h1: ({ children }) => <h3 dir="auto">{children}</h3>,
  h2: ({ children }) => <h4 dir="auto">{children}</h4>,
  h3: ({ children }) => <h5 dir="auto">{children}</h5>,
  h4: ({ children }) => <h6 dir="auto">{children}</h6>,
  h5: ({ children }) => <h6 dir="auto">{children}</h6>,
  h6: ({ children }) => <h6 dir="auto">{children}</h6>,
};

export const MarkdownBlock = memo(function MarkdownBlock({ text }: { text: string }) {
  const id = useId();
  const footnotes = useMemo(() => ({ clobberPrefix: `${id}-` }), [id]);
  return (
    <div className="prose-block">
      <ReactMarkdown
        remarkPlugins={[remarkGfm]}
        remarkRehypeOptions={footnotes}
        rehypePlugins={[[rehypeSanitize, schema]]}
        components={components}
        skipHtml
      >
        {text}
      </ReactMarkdown>
    </div>
  );
});
