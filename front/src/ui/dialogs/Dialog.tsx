/** A native modal dialog: it traps the focus; Escape and a click outside close it. */
import { type ReactNode, useEffect, useRef } from 'react';
import { view } from '../view';

export function Dialog({ label, children }: { label: string; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const close = () => view.setState({ dialog: null });
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is handled by the browser
    <dialog
      ref={dialog}
      className="dialog"
      aria-label={label}
      onClose={close}
      onClick={(event) => {
        if (event.target === dialog.current) close();
      }}
    >
      {children}
    </dialog>
  );
}
