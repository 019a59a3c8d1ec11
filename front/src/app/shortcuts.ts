/** Keyboard shortcuts of the page, in one listener. */
import { type RefObject, useEffect } from 'react';
import { grouped, openTurnOf } from '../chat/selectors';
import type { Chat } from '../ui/context';
import { copyLastCode } from '../ui/conversation-actions';
import { toggleSidebar } from '../ui/Topbar';
import { navigate, view } from '../ui/view';

function openNeighbour(chat: Chat, by: 1 | -1): void {
  const all = grouped(chat.store.state, new Date()).flatMap((group) => group.items);
  const { route } = view.getState();
  const at = route.name === 'chat' ? all.findIndex((one) => one.id === route.id) : -1;
  const next = at < 0 ? all[0] : all[at + by];
  if (next) navigate({ name: 'chat', id: next.id });
}

/** Escape closes the drawer, or else stops the running reply. */
function closeOrStop(chat: Chat): void {
  const { drawerOpen: drawer, dialog, route } = view.getState();
  if (dialog) return;
  if (drawer) view.setState({ drawerOpen: false });
  if (drawer || route.name !== 'chat') return;
  const open = openTurnOf(chat.store.state, route.id);
  if (open) chat.client.stopReply(route.id, open);
}

function shortcutOf(event: KeyboardEvent, chat: Chat): (() => void) | null {
  const mod = event.ctrlKey || event.metaKey;
  if (mod && !event.shiftKey && event.code === 'KeyK')
    return () => view.setState(({ dialog }) => ({ dialog: dialog === 'palette' ? null : 'palette' }));
  if (mod && event.shiftKey && event.code === 'KeyO') return () => navigate({ name: 'new' });
  if (mod && !event.shiftKey && event.code === 'KeyB') return toggleSidebar;
  if (!event.altKey || mod) return null;
  if (event.code === 'ArrowUp') return () => openNeighbour(chat, -1);
  if (event.code === 'ArrowDown') return () => openNeighbour(chat, 1);
  if (event.code === 'KeyP') return () => navigate({ name: 'pipeline' });
  if (event.shiftKey && event.code === 'KeyC') return () => void copyLastCode();
  return null;
}

export function useShortcuts(chat: Chat, field: RefObject<HTMLTextAreaElement | null>): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.isComposing || event.keyCode === 229) return;
      const run = shortcutOf(event, chat);
      if (run) {
        event.preventDefault();
        return run();
      }
      if (event.key === 'Escape') {
        if (event.shiftKey) field.current?.focus();
        else closeOrStop(chat);
        return;
      }
      const typing = (event.target as Element).closest?.('input, textarea, select, [contenteditable]');
      if (typing || event.ctrlKey || event.metaKey || event.altKey || view.getState().dialog) return;
      if (event.key === '?') view.setState({ dialog: 'keys' });
      else if (event.key === '/') field.current?.focus();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [chat, field]);
}
