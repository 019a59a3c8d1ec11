/** Keyboard shortcuts of the page, in one listener. */
import { type RefObject, useEffect } from 'react';
import { grouped, openTurnOf } from '../chat/selectors';
import type { Chat } from '../ui/context';
import { copyLastCode, printConversation } from '../ui/conversation-actions';
import { closeDialog, closeDrawer, currentView, navigate, openDialog, toggleSidebar } from '../ui/view';

function openNeighbour(chat: Chat, by: 1 | -1): void {
  const all = grouped(chat.store.state, new Date()).flatMap((group) => group.items);
  const { route } = currentView();
  const index = route.name === 'chat' ? all.findIndex((one) => one.id === route.id) : -1;
  const next = index < 0 ? all[0] : all[index + by];
  if (next) navigate({ name: 'chat', id: next.id });
}

function togglePalette(): void {
  if (currentView().dialog === 'palette') closeDialog();
  else openDialog('palette');
}

/** Escape closes the drawer, or else stops the running reply. */
function closeOrStop(chat: Chat): void {
  const { drawerOpen, dialog, route } = currentView();
  if (dialog || document.querySelector(':popover-open')) return; // the browser closes those
  if (drawerOpen) {
    closeDrawer();
    return;
  }
  if (route.name !== 'chat') return;
  const open = openTurnOf(chat.store.state, route.id);
  if (open) chat.client.stopReply(route.id, open);
}

/** Keys for the buttons of the last reply, with Alt and Shift; by the buttons' labels. */
const OF_LAST_REPLY: Record<string, string> = {
  KeyR: 'Another reply',
  KeyL: 'Copy reply as Markdown',
  ArrowLeft: 'Previous version of the reply',
  ArrowRight: 'Next version of the reply',
};

function press(label: string): void {
  document.querySelector<HTMLButtonElement>(`.turn.last [aria-label="${label}"]`)?.click();
}

function shortcutOf(event: KeyboardEvent, chat: Chat): (() => void) | null {
  const { route } = currentView();
  const mod = event.ctrlKey || event.metaKey;
  if (mod && !event.shiftKey && event.code === 'KeyK') return togglePalette;
  if (mod && event.shiftKey && event.code === 'KeyO') return () => navigate({ name: 'new' });
  if (mod && !event.shiftKey && event.code === 'KeyB') return toggleSidebar;
  if (mod && !event.shiftKey && event.code === 'KeyP' && route.name === 'chat')
    return () => void printConversation(chat, route.id);
  if (!event.altKey || mod) return null;
  if (event.code === 'ArrowUp' && !event.shiftKey) return () => openNeighbour(chat, -1);
  if (event.code === 'ArrowDown' && !event.shiftKey) return () => openNeighbour(chat, 1);
  if (event.code === 'KeyP') return () => navigate({ name: 'pipeline' });
  if (!event.shiftKey) return null;
  if (event.code === 'KeyC') return () => void copyLastCode();
  const label = OF_LAST_REPLY[event.code];
  return label ? () => press(label) : null;
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
      if (typing || event.ctrlKey || event.metaKey || event.altKey || currentView().dialog) return;
      if (event.key === '?') openDialog('shortcuts');
      else if (event.key === '/') field.current?.focus();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [chat, field]);
}
