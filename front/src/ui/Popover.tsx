/** A small menu at a button: closes on a click elsewhere, on Escape, and after a choice. Arrow keys walk it. */
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Icon, type IconName } from './Icon';

export function Popover({ label, icon, children }: { label: string; icon: IconName; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
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
    const away = (event: Event) => {
      if (!box.contains(event.target as Node) && !button.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, [open]);

  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      setOpen(false);
      button.current?.focus();
    }
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
