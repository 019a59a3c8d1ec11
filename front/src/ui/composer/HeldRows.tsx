/** What waits to be said, in order: each can be changed or taken back. */
import { useMemo, useState } from 'react';
import type { OutboxEntry } from '../../chat/state';
import { heldIn } from '../../chat/view-of';
import { useChat, useChatState } from '../context';
import { Icon } from '../Icon';

function HeldRow({ entry, why }: { entry: OutboxEntry; why: string }) {
  const { client } = useChat();
  const [text, setText] = useState<string | null>(null);
  const edit = () => {
    setText(entry.text);
    client.editing(entry.id, true);
  };
  const finish = (next: string | null) => {
    setText(null);
    if (next?.trim()) client.editHeld(entry.id, next);
    else client.editing(entry.id, false);
  };
  return (
    <li>
      {text === null ? (
        <span className="held-text" dir="auto">
          {entry.text}
        </span>
      ) : (
        <input
          // biome-ignore lint/a11y/noAutofocus: the person has just asked to edit this line
          autoFocus
          aria-label="Edit the waiting message"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onBlur={() => finish(text)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && !event.nativeEvent.isComposing) finish(text);
            if (event.key === 'Escape') {
              event.stopPropagation();
              finish(null);
            }
          }}
        />
      )}
      <span className="held-why">{entry.problem?.detail ?? why}</span>
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

export function HeldRows({ id }: { id: string }) {
  const outbox = useChatState((state) => state.outbox);
  const live = useChatState((state) => state.live);
  const held = useMemo(() => heldIn({ outbox }, id), [outbox, id]);
  if (held.length === 0) return null;
  return (
    <ol className="held" aria-label="Waiting to be sent">
      {held.map((entry, place) => (
        <HeldRow
          key={entry.id}
          entry={entry}
          why={live ? (place === 0 ? 'next, after this reply' : '') : 'when connected'}
        />
      ))}
    </ol>
  );
}
