/** The list of slash commands above the composer, which keeps the focus and moves the active option. */
import type { Command } from './commands';

interface Props {
  id: string;
  commands: readonly Command[];
  chosen: number;
  onPick(command: Command): void;
}

export function CommandMenu({ id, commands, chosen, onPick }: Props) {
  return (
    <div className="commands" role="listbox" tabIndex={0} id={id} aria-label="Commands of the mock">
      {commands.map((command, place) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the composer keeps the focus (aria-activedescendant)
        <div
          key={command.name}
          id={`${id}-${place}`}
          role="option"
          aria-selected={place === chosen}
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
