/** The command palette: finds conversations, messages and actions. */
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { Icon } from '../Icon';
import { Keys } from '../Keys';
import { isComposing, keysOf } from '../shortcuts';
import { Snippet } from '../sidebar/Snippet';
import { closeDialog } from '../view';
import { Dialog } from './Dialog';
import { type Choice, useChoices } from './useChoices';

export function Palette() {
  const [question, setQuestion] = useState('');
  const [index, setIndex] = useState(0);
  const groups = useChoices(question);
  const choices = groups.flatMap((group) => group.choices);
  const list = useRef<HTMLDivElement>(null);
  const active = Math.min(index, Math.max(0, choices.length - 1));
  // biome-ignore lint/correctness/useExhaustiveDependencies: the active option may have changed its place
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [active, groups]);
  const pick = (choice: Choice | undefined) => {
    if (!choice) return;
    closeDialog();
    setTimeout(choice.run); // the dialog gives the focus back first
  };
  const onKey = (event: KeyboardEvent) => {
    if (isComposing(event.nativeEvent)) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setIndex((active + (event.key === 'ArrowDown' ? 1 : -1) + choices.length) % Math.max(1, choices.length));
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      pick(choices[active]);
    }
  };
  return (
    <Dialog label="Find anything">
      <div className="palette-input">
        <Icon name="search" />
        <input
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls="palette"
          aria-activedescendant={choices.length > 0 ? `palette-${active}` : undefined}
          aria-label="Find anything"
          placeholder="Find or do anything"
          value={question}
          onChange={(event) => {
            setQuestion(event.target.value);
            setIndex(0);
          }}
          onKeyDown={onKey}
        />
        <kbd>Esc</kbd>
      </div>
      <div className="palette-list" role="listbox" id="palette" aria-label="Choices" ref={list}>
        {groups.map((group) => (
          // biome-ignore lint/a11y/useSemanticElements: a group of options within a listbox
          <div key={group.name} role="group" aria-label={group.name}>
            <div className="palette-group" aria-hidden="true">
              {group.name}
            </div>
            {group.choices.map((choice) => {
              const place = choices.indexOf(choice);
              return (
                <PaletteOption
                  key={choice.key}
                  id={`palette-${place}`}
                  choice={choice}
                  active={place === active}
                  onPick={() => pick(choice)}
                  onPoint={() => setIndex(place)}
                />
              );
            })}
          </div>
        ))}
      </div>
      {choices.length === 0 && <p className="list-note">Nothing fits “{question.trim()}”.</p>}
    </Dialog>
  );
}

interface OptionProps {
  id: string;
  choice: Choice;
  active: boolean;
  onPick(): void;
  onPoint(): void;
}

function PaletteOption({ id, choice, active, onPick, onPoint }: OptionProps) {
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus (aria-activedescendant)
    // biome-ignore lint/a11y/useKeyWithClickEvents: Enter is handled by the field
    <div id={id} role="option" aria-selected={active} onClick={onPick} onPointerMove={onPoint}>
      <Icon name={choice.icon} />
      <span className="what" dir="auto">
        {choice.snippet ? <Snippet text={choice.snippet} /> : choice.name}
      </span>
      {choice.detail && <span className="kind">{choice.detail}</span>}
      {choice.shortcut && <Keys keys={keysOf(choice.shortcut)} />}
    </div>
  );
}
