/** The path of a file of the project; it opens to show the file's lines, where the page was built with them. */
import { useState } from 'react';
import { CopyButton } from '../ui/CopyButton';
import { functionIn, sourceFile } from './source-files';

/** `path` may end in `::` and the name of a function, as pytest writes it; then only that is shown. */
export function SourceLink({ path }: { path: string }) {
  const [text, setText] = useState('');
  const [file = '', name] = path.split('::');
  const load = sourceFile(file);
  const copy = <CopyButton text={path} label={`Copy the path ${path}`} />;
  if (!load)
    return (
      <span className="source-link">
        <code>{path}</code> {copy}
      </span>
    );
  const show = () => {
    if (!text)
      load().then(
        (whole) => setText(name ? functionIn(whole, name) : whole),
        (error: unknown) => setText(error instanceof Error ? error.message : 'It did not load.'),
      );
  };
  return (
    <details className="source-link" onToggle={(event) => event.currentTarget.open && show()}>
      <summary>
        <code>{file}</code>
        {name && <span className="source-name">{name.replace(/^test_/, '').replaceAll('_', ' ')}</span>}
      </summary>
      {copy}
      <pre className="lab-json" tabIndex={0}>
        {text || 'It is read.'}
      </pre>
    </details>
  );
}
