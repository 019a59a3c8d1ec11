/** Edits a title in place: Enter saves, Escape cancels. */
import { useEffect, useState } from 'react';
import { isComposing } from './shortcuts';

interface Props {
  title: string;
  /** What has the focus afterwards, as a selector: what the field was opened with is replaced by it. */
  next: string;
  onDone(next: string | null): void;
}

export function TitleField({ title, next, onDone }: Props) {
  const [text, setText] = useState(title);
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      if (document.activeElement !== document.body) return; // the user went on elsewhere
      const to = before !== document.body && before?.isConnected ? before : document.querySelector(next);
      if (to instanceof HTMLElement) to.focus();
    },
    [before, next],
  );
  return (
    <input
      // biome-ignore lint/a11y/noAutofocus: the user has just asked to rename it
      autoFocus
      aria-label="Title of the conversation"
      value={text}
      maxLength={200}
      onFocus={(event) => event.target.select()}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => onDone(text)}
      onKeyDown={(event) => {
        if (isComposing(event.nativeEvent)) return;
        if (event.key === 'Enter') onDone(text);
        if (event.key === 'Escape') {
          event.stopPropagation();
          onDone(null);
        }
      }}
    />
  );
}
