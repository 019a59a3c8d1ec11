/** Whether the message needs more than one line, and so the whole width of the composer. */
import { type RefObject, useLayoutEffect, useState } from 'react';

const ONE_LINE_PX = 56; // one line with its padding is 52 px high

export function useMultiline(field: RefObject<HTMLTextAreaElement | null>, text: string): boolean {
  // The length at which the text wrapped: in the wider layout it may fit again, and must not flip back.
  const [wrappedAt, setWrappedAt] = useState<number | null>(null);
  useLayoutEffect(() => {
    const height = field.current?.scrollHeight ?? 0;
    setWrappedAt((length) => {
      if (length === null) return height > ONE_LINE_PX ? text.length : null;
      return text.length < length && !text.includes('\n') ? null : length;
    });
  }, [field, text]);
  return wrappedAt !== null;
}
