/** Edits one's own message in place. What is sent is a new version of it; the old one and all that followed stay. */
import { type KeyboardEvent, useEffect, useId, useRef } from 'react';
import { useChatState } from '../context';
import { useSendKey } from '../settings';
import { isComposing, withKeys } from '../shortcuts';

const LIMIT = 8_000; // characters, until the server announces its limit

interface Props {
  text: string;
  onChange(text: string): void;
  onCancel(): void;
  onSend(): void;
}

export function MessageEditor({ text, onChange, onCancel, onSend }: Props) {
  const hint = useId();
  const editor = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const sendKey = useSendKey();
  const limit = useChatState((state) => state.limits.text_chars ?? LIMIT);
  const left = limit - Array.from(text).length;
  const sendable = text.trim() !== '' && left >= 0;
  useEffect(() => {
    const end = field.current?.value.length ?? 0;
    // The focus alone would show no more than the line of the cursor, with the rest under the header.
    field.current?.focus({ preventScroll: true });
    field.current?.setSelectionRange(end, end);
    editor.current?.scrollIntoView({ block: 'nearest' });
    // The editor takes the focus with it when it goes.
    return () => document.querySelector<HTMLElement>('.composer textarea')?.focus();
  }, []);
  const onKey = (event: KeyboardEvent) => {
    if (isComposing(event.nativeEvent)) return;
    if (event.key === 'Escape') {
      event.stopPropagation();
      onCancel();
    }
    const sends = sendKey === 'Enter' ? !event.shiftKey : event.ctrlKey || event.metaKey;
    if (event.key !== 'Enter' || !sends) return;
    event.preventDefault();
    if (sendable) onSend();
  };
  return (
    <div className="message-editor" ref={editor}>
      <textarea
        ref={field}
        dir="auto"
        rows={1}
        aria-label="Edit the message"
        aria-describedby={hint}
        aria-invalid={left < 0 || undefined}
        value={text}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={onKey}
      />
      <div className="button-row">
        <small id={hint}>
          {left < 0 ? `${(-left).toLocaleString()} characters too many` : 'The old version stays.'}
        </small>
        <button type="button" className="button" title={withKeys('Cancel', 'close')} onClick={onCancel}>
          Cancel
        </button>
        <button
          type="button"
          className="button primary"
          title={withKeys('Send', 'send')}
          disabled={!sendable}
          onClick={onSend}
        >
          Send
        </button>
      </div>
    </div>
  );
}
