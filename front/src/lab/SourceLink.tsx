/** The path of a file of the project; it opens to show the file's lines, where the page was built with them. */
import { useState } from 'react';
import { CopyButton } from '../ui/CopyButton';
import { sourceFile } from './source-files';

export function SourceLink({ path }: { path: string }) {
  const [text, setText] = useState('');
  const load = sourceFile(path);
  const copy = <CopyButton text={path} label={`Copy the path ${path}`} />;
  if (!load)
    return (
      <span className="source-link">
        <code>{path}</code> {copy}
      </span>
    );
  const show = () => {
    if (!text)
      load().then(setText, (error: unknown) => setText(error instanceof Error ? error.message : 'It did not load.'));
  };
  return (
    <details className="source-link" onToggle={(event) => event.currentTarget.open && show()}>
      <summary>
        <code>{path}</code>
      </summary>
      {copy}
      <pre className="lab-json" tabIndex={0}>
        {text || 'It is read.'}
      </pre>
    </details>
  );
}
