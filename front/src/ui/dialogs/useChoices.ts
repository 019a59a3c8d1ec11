/** What the palette finds for a query: conversations, messages and actions, in groups. */
import { useMemo } from 'react';
import { type Action, openConversationActions, pageActions } from '../actions';
import { useChat, useChatState } from '../context';
import type { IconName } from '../Icon';
import type { ShortcutName } from '../shortcuts';
import { openHit } from '../sidebar/SearchResults';
import { authorOf, snippetOf } from '../sidebar/Snippet';
import { useSearch } from '../sidebar/useSearch';
import { displayTitle } from '../title';
import { navigate } from '../view';

export interface Choice {
  key: string;
  icon: IconName;
  name: string;
  /** The text of a search hit, with its marks; shown instead of the name. */
  snippet?: string;
  detail?: string;
  shortcut?: ShortcutName;
  run(): void;
}

export interface ChoiceGroup {
  name: string;
  choices: readonly Choice[];
}

const SHOWN = 8; // conversations and messages offered at a time

export function useChoices(question: string): readonly ChoiceGroup[] {
  const chat = useChat();
  const loaded = useChatState((state) => state.conversations);
  const deleting = useChatState((state) => state.deleting);
  const search = useSearch(question);
  return useMemo(() => {
    const q = question.trim().toLowerCase();
    const fits = (name: string) => name.toLowerCase().includes(q);
    const found = 'conversations' in search ? search.conversations : [];
    const titles = new Map([...Object.values(loaded), ...found].map((one) => [one.id, one]));
    const conversations: Choice[] = [...titles.values()]
      .filter((one) => !deleting[one.id] && fits(`${one.title}\n${displayTitle(one.title)}`))
      .sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1))
      .slice(0, SHOWN)
      .map(({ id, title }) => ({
        key: id,
        icon: 'chat',
        name: displayTitle(title),
        run: () => navigate({ name: 'chat', id }),
      }));
    const messages: Choice[] = ('hits' in search ? search.hits : []).slice(0, SHOWN).map((hit) => ({
      key: hit.id,
      icon: 'search',
      name: displayTitle(hit.title),
      snippet: snippetOf(hit),
      detail: authorOf(hit),
      run: () => openHit(hit),
    }));
    const fitting = (actions: readonly Action[]): Choice[] =>
      actions.filter((action) => fits(action.name)).map((action) => ({ ...action, key: action.name }));
    const groups = [
      { name: 'Conversations', choices: conversations },
      { name: 'Messages', choices: q === '' ? [] : messages },
      { name: 'This conversation', choices: fitting(openConversationActions(chat)) },
      { name: 'Actions', choices: fitting(pageActions(chat)) },
    ];
    return groups.filter((group) => group.choices.length > 0);
  }, [question, loaded, deleting, search, chat]);
}
