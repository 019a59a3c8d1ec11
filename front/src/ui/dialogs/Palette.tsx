/** The command palette: finds conversations, messages and actions. */
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useChat, useChatState } from '../context';
import { Icon, type IconName } from '../Icon';
import { openHit } from '../sidebar/SearchResults';
import { authorOf, Snippet, snippetOf } from '../sidebar/Snippet';
import { useSearch } from '../sidebar/useSearch';
import { navigate, view } from '../view';
import { Dialog } from './Dialog';
import { pageActions } from './page-actions';

interface Choice {
  key: string;
  icon: IconName;
  name: string;
  snippet?: string;
  kind: string;
  run(): void;
}

const SHOWN = 8; // conversations offered at a time

function useChoices(question: string): Choice[] {
  const chat = useChat();
  const conversations = useChatState((state) => state.conversations);
  const deleting = useChatState((state) => state.deleting);
  const search = useSearch(question);
  return useMemo(() => {
    const q = question.trim().toLowerCase();
    const fits = (name: string) => name.toLowerCase().includes(q);
    const acts: Choice[] = pageActions(chat)
      .filter((act) => fits(act.name))
      .map((act) => ({ ...act, key: act.name, kind: 'do' }));
    const chats: Choice[] = Object.values(conversations)
      .filter((one) => !deleting[one.id] && fits(one.title))
      .sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1))
      .slice(0, SHOWN)
      .map((one) => ({
        key: one.id,
        icon: 'chat',
        name: one.title,
        kind: 'conversation',
        run: () => navigate({ name: 'chat', id: one.id }),
      }));
    const hits: Choice[] = ('hits' in search ? search.hits : []).slice(0, SHOWN).map((hit) => ({
      key: `${hit.message_id}${hit.role}`,
      icon: 'search',
      name: '',
      snippet: snippetOf(hit),
      kind: authorOf(hit),
      run: () => openHit(hit),
    }));
    return q === '' ? [...chats, ...acts] : [...chats, ...hits, ...acts];
  }, [question, conversations, deleting, search, chat]);
}

export function Palette() {
  const [question, setQuestion] = useState('');
  const [at, setAt] = useState(0);
  const choices = useChoices(question);
  const list = useRef<HTMLDivElement>(null);
  const place = Math.min(at, Math.max(0, choices.length - 1));
  useEffect(() => {
    list.current?.children[place]?.scrollIntoView({ block: 'nearest' });
  }, [place]);
  const pick = (choice: Choice | undefined) => {
    if (!choice) return;
    view.setState({ dialog: null });
    choice.run();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setAt((place + (event.key === 'ArrowDown' ? 1 : -1) + choices.length) % Math.max(1, choices.length));
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      pick(choices[place]);
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
          aria-activedescendant={choices.length > 0 ? `palette-${place}` : undefined}
          aria-label="Find anything"
          placeholder="A conversation, a word that was said, something to do"
          value={question}
          onChange={(event) => {
            setQuestion(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKey}
        />
        <kbd>Esc</kbd>
      </div>
      <div className="palette-list" role="listbox" id="palette" aria-label="Choices" ref={list}>
        {choices.map((choice, index) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus (aria-activedescendant)
          // biome-ignore lint/a11y/useKeyWithClickEvents: as above, Enter is the field's
          <div
            key={choice.key}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === place}
            onClick={() => pick(choice)}
            onPointerMove={() => setAt(index)}
          >
            <Icon name={choice.icon} />
            <span className="what" dir="auto">
              {choice.snippet ? <Snippet text={choice.snippet} /> : choice.name}
            </span>
            <span className="kind">{choice.kind}</span>
          </div>
        ))}
      </div>
      {choices.length === 0 && <p className="list-note">Nothing fits “{question.trim()}”.</p>}
    </Dialog>
  );
}
