/** State of the slash command menu: what is offered, which option is active, what a key does. */
import { type KeyboardEvent, useState } from 'react';
import { type Command, matching } from './commands';

export interface Commands {
  offered: readonly Command[];
  chosen: number;
  /** Returns whether the menu handled the key. */
  onKey(event: KeyboardEvent): boolean;
  pick(command: Command): void;
  close(): void;
  reopen(): void;
}

export function useCommands(text: string, write: (text: string) => void): Commands {
  const [at, setAt] = useState(0);
  const [closedFor, setClosedFor] = useState<string | null>(null);
  const offered = closedFor === text ? [] : matching(text);
  const chosen = Math.min(at, Math.max(0, offered.length - 1));
  const pick = (command: Command) => {
    write(command.args?.startsWith('<') ? `${command.name} ` : command.name);
    setClosedFor(command.name);
    setAt(0);
  };
  const onKey = (event: KeyboardEvent): boolean => {
    const command = offered[chosen];
    if (!command) return false;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      setAt((chosen + (event.key === 'ArrowDown' ? 1 : -1) + offered.length) % offered.length);
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
  return { offered, chosen, onKey, pick, close: () => setClosedFor(text), reopen: () => setClosedFor(null) };
}
