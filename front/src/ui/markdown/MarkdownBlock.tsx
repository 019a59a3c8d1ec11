/** One block of Markdown as React elements; HTML in the text is dropped. The only importer of the renderer. */
import { memo } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import rehypeSanitize, { defaultSchema } from 'rehype-sanitize';
import remarkGfm from 'remark-gfm';
import { CodeBlock } from './CodeBlock';

const schema = {
  ...defaultSchema,
  clobberPrefix: 'reply-',
  protocols: { ...defaultSchema.protocols, href: ['http', 'https', 'mailto'] },
};

const components: Components = {
  a: ({ href, children }) =>
    href ? (
      <a href={href} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    ) : (
      <span>{children}</span>
    ),
  // A remote image would tell its server that the reply is being read: it is named and not fetched.
  img: ({ alt }) => <span className="image-note">picture: {alt || 'no description'}</span>,
  table: ({ children }) => (
    <section className="table-frame" tabIndex={0} aria-label="Table">
      <table>{children}</table>
    </section>
  ),
  pre: ({ node }) => {
    const code = node?.children[0];
    const text =
      code && 'children' in code ? code.children.map((one) => ('value' in one ? one.value : '')).join('') : '';
    return <CodeBlock lang="" text={text.replace(/\n$/, '')} closed />;
  },
  input: ({ checked }) => (
    <span className="task" role="img" aria-label={checked ? 'done' : 'not done'}>
      {checked ? '✓' : ''}
    </span>
  ),
  p: ({ children }) => <p dir="auto">{children}</p>,
  li: ({ children }) => <li dir="auto">{children}</li>,
  h1: ({ children }) => <h3 dir="auto">{children}</h3>,
  h2: ({ children }) => <h3 dir="auto">{children}</h3>,
  h3: ({ children }) => <h4 dir="auto">{children}</h4>,
  h4: ({ children }) => <h5 dir="auto">{children}</h5>,
  h5: ({ children }) => <h6 dir="auto">{children}</h6>,
  h6: ({ children }) => <h6 dir="auto">{children}</h6>,
};

const MarkdownBlock = memo(function MarkdownBlock({ text }: { text: string }) {
  return (
    <div className="prose-block">
      <ReactMarkdown
        remarkPlugins={[remarkGfm]}
        rehypePlugins={[[rehypeSanitize, schema]]}
        components={components}
        skipHtml
      >
        {text}
      </ReactMarkdown>
    </div>
  );
});

export default MarkdownBlock;
