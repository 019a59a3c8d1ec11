/** What opens at a button: it closes on Escape, on a press outside, and when the focus goes elsewhere. */
import { type RefObject, useEffect, useRef, useState } from 'react';

interface Opening<Box> {
  open: boolean;
  setOpen(open: boolean): void;
  button: RefObject<HTMLButtonElement | null>;
  box: RefObject<Box | null>;
}

/** The two refs go to the button and to what it opens; Escape gives the focus back to the button. */
export function useOpening<Box extends HTMLElement = HTMLDivElement>(): Opening<Box> {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const box = useRef<Box>(null);
  useEffect(() => {
    if (!open) return;
    const away = (event: Event) => {
      const at = event.target as Node;
      if (!box.current?.contains(at) && !button.current?.contains(at)) setOpen(false);
    };
    // Heard before anybody else, wherever the focus is: the same key must not stop a reply as well.
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.shiftKey || event.isComposing) return;
      event.stopPropagation();
      setOpen(false);
      button.current?.focus();
    };
    document.addEventListener('pointerdown', away);
    document.addEventListener('focusin', away);
    document.addEventListener('keydown', onKey, true);
    return () => {
      document.removeEventListener('pointerdown', away);
      document.removeEventListener('focusin', away);
      document.removeEventListener('keydown', onKey, true);
    };
  }, [open]);
  return { open, setOpen, button, box };
}
