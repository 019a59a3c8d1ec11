/** The base URL and the key with which this user's calls come from elsewhere. */
import { type SyntheticEvent, useState } from 'react';
import { CopyButton } from '../ui/CopyButton';
import { useChat } from '../ui/context';

export function HowToCall() {
  const { api } = useChat();
  const [key, setKey] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const url = `${location.origin}/v1`;
  const onToggle = (event: SyntheticEvent<HTMLDetailsElement>) => {
    if (!event.currentTarget.open || key) return;
    api.session().then(
      ({ token }) => setKey(token),
      (error: unknown) => setProblem(error instanceof Error ? error.message : 'The key could not be read.'),
    );
  };
  return (
    <details className="how-to-call" onToggle={onToggle}>
      <summary>Call it from your own code</summary>
      <p>
        Any client of OpenAI’s works, with this base URL, any model and this key. Other keys work, too: each is a world
        of its own, which is not shown here.
      </p>
      <dl className="call-about">
        <div>
          <dt>Base URL</dt>
          <dd>
            <code>{url}</code> <CopyButton text={url} label="Copy the base URL" />
          </dd>
        </div>
        <div>
          <dt>Key</dt>
          <dd>
            {key ? (
              <>
                <code>{key.slice(0, 8)}…</code> <CopyButton text={key} label="Copy the key" />
              </>
            ) : (
              (problem ?? 'Reading it')
            )}
          </dd>
        </div>
      </dl>
    </details>
  );
}
