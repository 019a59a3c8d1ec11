/** Copies a text and confirms it. */
import { useEffect, useState } from 'react';
import { Icon } from './Icon';
import { toast } from './toasts';

const CONFIRMED_MS = 1_600; // long enough to be seen, short enough to press again

async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedBySelection(text);
  }
}

/** Plain http on a network has no clipboard API, and browsers may refuse it; the older way needs a selection. */
function copiedBySelection(text: string): boolean {
  const focused = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}

interface Props {
  text: string;
  label: string;
  /** The tooltip, where it says more than the label. */
  title?: string;
  showLabel?: boolean;
}

export function CopyButton({ text, label, title = label, showLabel = false }: Props) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), CONFIRMED_MS);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async () => {
    if (await copied(text)) setDone(true);
    else toast('The browser did not allow copying. Select the text and copy it by hand.');
  };
  return (
    <button
      type="button"
      className={showLabel ? 'small-button' : 'icon-button'}
      aria-label={done ? 'Copied' : label}
      title={title}
      onClick={() => void copy()}
    >
      <Icon name={done ? 'check' : 'copy'} />
      {showLabel && (done ? 'Copied' : 'Copy')}
    </button>
  );
}
