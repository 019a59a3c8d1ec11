/** Tabs beside the picture; arrow keys, Home and End move between them. Only the open one is there. */
import { type KeyboardEvent, type ReactNode, useId } from 'react';

export interface Tab {
  name: string;
  content: ReactNode;
}

interface Props {
  label: string;
  tabs: readonly Tab[];
  /** The name of the open one; the first is open where there is none of this name. */
  wanted: string;
  onOpen(name: string): void;
}

export function Tabs({ label, tabs, wanted, onOpen }: Props) {
  const id = useId();
  const open = Math.max(
    0,
    tabs.findIndex((tab) => tab.name === wanted),
  );
  const move = (event: KeyboardEvent<HTMLElement>) => {
    const places: Record<string, number> = { ArrowRight: open + 1, ArrowLeft: open - 1, Home: 0, End: -1 };
    const place = places[event.key];
    const next = place === undefined ? undefined : tabs.at(place % tabs.length);
    if (!next) return;
    event.preventDefault();
    onOpen(next.name);
    document.getElementById(`${id}${next.name}`)?.focus();
  };
  return (
    <div className="lab-tabs">
      <div role="tablist" aria-label={label} onKeyDown={move} tabIndex={-1}>
        {tabs.map((tab, place) => (
          <button
            key={tab.name}
            id={`${id}${tab.name}`}
            type="button"
            role="tab"
            aria-selected={place === open}
            aria-controls={`${id}panel`}
            tabIndex={place === open ? 0 : -1}
            onClick={() => onOpen(tab.name)}
          >
            {tab.name}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}panel`} aria-labelledby={`${id}${tabs[open]?.name}`}>
        {tabs[open]?.content}
      </div>
    </div>
  );
}
