/** State of the slash command menu: what is offered, which option is active, what a key does. */
import { type KeyboardEvent, useState } from 'react';
import { type Command, matching } from './commands';

export interface CommandMenuState {
  offered: readonly Command[];
  active: number;
  /** Returns whether the menu handled the key. */
  onKey(event: KeyboardEvent): boolean;
  pick(command: Command): void;
  close(): void;
  reopen(): void;
}

export function useCommandMenu(text: string, write: (text: string) => void): CommandMenuState {
  const [index, setIndex] = useState(0);
  const [closedFor, setClosedFor] = useState<string | null>(null);
  const offered = closedFor === text ? [] : matching(text);
  const active = Math.min(index, Math.max(0, offered.length - 1));
  const pick = (command: Command) => {
    write(command.args?.startsWith('<') ? `${command.name} ` : command.name);
    setClosedFor(command.name);
    setIndex(0);
  };
  const onKey = (event: KeyboardEvent): boolean => {
    const command = offered[active];
    if (!command) return false;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      setIndex((active + (event.key === 'ArrowDown' ? 1 : -1) + offered.length) % offered.length);
    } else if (event.key === 'Tab' || (event.key === 'Enter' && !event.shiftKey && text !== command.name)) {
      pick(command);
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      setClosedFor(text);
    } else {
      return false;
    }
    event.preventDefault();
    return true;
  };
  return { offered, active, onKey, pick, close: () => setClosedFor(text), reopen: () => setClosedFor(null) };
}
