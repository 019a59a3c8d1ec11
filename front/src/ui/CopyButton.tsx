/** Copies a text and says so. */
import { useEffect, useState } from 'react';
import { Icon } from './Icon';
import { note } from './view';

const SHOWN_MS = 1_600; // long enough to be seen, short enough to press again

async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

export function CopyButton({ text, label, words = false }: { text: string; label: string; words?: boolean }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async () => {
    if (await copied(text)) setDone(true);
    else note('The browser did not allow copying. Select the text and copy it by hand.');
  };
  return (
    <button
      type="button"
      className={words ? 'small-button' : 'icon-button'}
      aria-label={done ? 'Copied' : label}
      title={label}
      onClick={() => void copy()}
    >
      <Icon name={done ? 'check' : 'copy'} />
      {words && (done ? 'Copied' : 'Copy')}
    </button>
  );
}
