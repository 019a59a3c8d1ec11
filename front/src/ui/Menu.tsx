/** A button with a menu: a native popover, anchored to its button by CSS. Arrow keys move the focus. */
import { type FocusEvent, type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Icon, type IconName } from './Icon';

/** Closes a popover when the focus leaves it for anything but its own button. */
export function closeOnBlur(event: FocusEvent<HTMLElement>): void {
  const popover = event.currentTarget;
  const next = event.relatedTarget as Element | null;
  if (!next || popover.contains(next) || next.getAttribute('popovertarget') === popover.id) return;
  popover.hidePopover();
}

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  event.preventDefault();
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('button, a')];
  const index = items.indexOf(document.activeElement as HTMLElement);
  items[(index + (event.key === 'ArrowDown' ? 1 : -1) + items.length) % items.length]?.focus();
}

export function Menu({ label, icon, children }: { label: string; icon: IconName; children: ReactNode }) {
  const id = useId();
  const popover = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (open) popover.current?.querySelector<HTMLElement>('button, a')?.focus();
  }, [open]);
  return (
    <>
      <button
        type="button"
        className="icon-button"
        aria-label={label}
        title={label}
        aria-haspopup="true"
        aria-expanded={open}
        popoverTarget={id}
      >
        <Icon name={icon} />
      </button>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the events belong to the buttons within */}
      <div
        ref={popover}
        id={id}
        popover="auto"
        className="menu"
        onToggle={(event) => setOpen(event.newState === 'open')}
        onBlur={closeOnBlur}
        onKeyDown={moveFocus}
        onClick={() => popover.current?.hidePopover()}
      >
        {open && children}
      </div>
    </>
  );
}
