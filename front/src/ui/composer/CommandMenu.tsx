/** The list of slash commands above the composer, which keeps the focus and moves the active option. */
import { useEffect, useRef } from 'react';
import type { Command } from './commands';

interface Props {
  id: string;
  commands: readonly Command[];
  active: number;
  onPick(command: Command): void;
}

export function CommandMenu({ id, commands, active, onPick }: Props) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  return (
    <div ref={list} className="commands" role="listbox" tabIndex={0} id={id} aria-label="Commands of the mock">
      {commands.map((command, index) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the composer keeps the focus (aria-activedescendant)
        <div
          key={command.name}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === active}
          onPointerDown={(event) => {
            event.preventDefault();
            onPick(command);
          }}
        >
          <code>
            {command.name} {command.args}
          </code>
          <span>{command.help}</span>
        </div>
      ))}
    </div>
  );
}
