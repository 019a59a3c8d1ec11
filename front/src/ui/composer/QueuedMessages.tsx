/** Messages waiting to be sent, in order: each can be edited or withdrawn. */
import { useMemo, useState } from 'react';
import { queuedIn } from '../../chat/selectors';
import type { OutboxEntry } from '../../chat/state';
import { useChat, useChatState } from '../context';
import { whyItWaits } from '../format';
import { Icon } from '../Icon';
import { isComposing } from '../shortcuts';

function QueuedMessage({ entry, why }: { entry: OutboxEntry; why: string }) {
  const { client } = useChat();
  const [text, setText] = useState<string | null>(null);
  const edit = () => {
    setText(entry.text);
    client.editing(entry.id, true);
  };
  const finish = (next: string | null) => {
    setText(null);
    if (next?.trim()) client.editQueued(entry.id, next);
    else client.editing(entry.id, false);
  };
  return (
    <li>
      {text === null ? (
        <span className="queued-text" dir="auto">
          {entry.text}
        </span>
      ) : (
        <input
          // biome-ignore lint/a11y/noAutofocus: the user has just asked to edit it
          autoFocus
          aria-label="Edit the waiting message"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onBlur={() => finish(text)}
          onKeyDown={(event) => {
            if (isComposing(event.nativeEvent)) return;
            if (event.key === 'Enter') finish(text);
            if (event.key === 'Escape') {
              event.stopPropagation();
              finish(null);
            }
          }}
        />
      )}
      <span className="queued-reason">{entry.problem ? whyItWaits(entry.problem.detail) : why}</span>
      <button type="button" className="icon-button" aria-label="Edit" title="Edit" onClick={edit}>
        <Icon name="pen" />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label="Take back"
        title="Take back"
        onClick={() => client.cancel(entry.id)}
      >
        <Icon name="close" />
      </button>
    </li>
  );
}

export function QueuedMessages({ id }: { id: string }) {
  const outbox = useChatState((state) => state.outbox);
  const live = useChatState((state) => state.live);
  const queued = useMemo(() => queuedIn({ outbox }, id), [outbox, id]);
  if (queued.length === 0) return null;
  return (
    <ol className="queued-messages" aria-label="Waiting to be sent">
      {queued.map((entry, index) => (
        <QueuedMessage
          key={entry.id}
          entry={entry}
          why={live ? (index === 0 ? 'next, after this reply' : '') : 'when connected'}
        />
      ))}
    </ol>
  );
}
