/** Edits a title in place: Enter saves, Escape cancels. */
import { useState } from 'react';

export function TitleField({ title, onDone }: { title: string; onDone(next: string | null): void }) {
  const [text, setText] = useState(title);
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
        if (event.key === 'Enter' && !event.nativeEvent.isComposing) onDone(text);
        if (event.key === 'Escape') {
          event.stopPropagation();
          onDone(null);
        }
      }}
    />
  );
}
