/** A native modal dialog: it traps the focus; Escape and a click outside close it. */
import { type ReactNode, useEffect, useRef } from 'react';
import { Icon } from '../Icon';
import { withKeys } from '../shortcuts';
import { closeDialog } from '../view';

export function Dialog({ label, children }: { label: string; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is handled by the browser
    <dialog
      ref={dialog}
      className="dialog"
      aria-label={label}
      onClose={closeDialog}
      onClick={(event) => {
        if (event.target === dialog.current) closeDialog();
      }}
    >
      {children}
    </dialog>
  );
}

export function DialogHeader({ title }: { title: string }) {
  return (
    <div className="dialog-head">
      <h2>{title}</h2>
      <button
        type="button"
        className="icon-button"
        aria-label="Close"
        title={withKeys('Close', 'close')}
        onClick={closeDialog}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}
