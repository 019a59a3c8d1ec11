/** A small menu at a button: closes as `useOpening` says, and after a choice. Arrow keys walk it. */
import { type KeyboardEvent, type ReactNode, useEffect, useId } from 'react';
import { Icon, type IconName } from './Icon';
import { useOpening } from './useOpening';

export function Popover({ label, icon, children }: { label: string; icon: IconName; children: ReactNode }) {
  const { open, setOpen, button, box: menu } = useOpening();
  const id = useId();

  useEffect(() => {
    if (!open) return;
    const box = menu.current;
    const at = button.current?.getBoundingClientRect();
    if (!box || !at) return;
    const top = Math.min(at.bottom + 4, innerHeight - box.offsetHeight - 8);
    const left = Math.min(at.left, innerWidth - box.offsetWidth - 8);
    box.style.top = `${Math.max(8, top)}px`;
    box.style.left = `${Math.max(8, left)}px`;
    box.querySelector<HTMLElement>('button, a')?.focus();
  }, [open, button, menu]);

  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    const items = [...(menu.current?.querySelectorAll<HTMLElement>('button, a') ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    items[(at + (event.key === 'ArrowDown' ? 1 : -1) + items.length) % items.length]?.focus();
  };

  return (
    <>
      <button
        ref={button}
        type="button"
        className="icon-button"
        aria-label={label}
        title={label}
        aria-haspopup="true"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        <Icon name={icon} />
      </button>
      {open && (
        // biome-ignore lint/a11y/noStaticElementInteractions: the keys belong to the buttons within
        <div ref={menu} id={id} className="menu" onKeyDown={onKey} onClick={() => setOpen(false)}>
          {children}
        </div>
      )}
    </>
  );
}
