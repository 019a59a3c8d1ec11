/** Keyboard shortcuts of the page, in one listener. */
import { type RefObject, useEffect } from 'react';
import { grouped, openTurnOf } from '../chat/selectors';
import { openConversationActions, pageActions } from '../ui/actions';
import type { Chat } from '../ui/context';
import { isComposing, isShortcut, type ShortcutName } from '../ui/shortcuts';
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

/** What stands on the page as a button, and is pressed: the last one, as of the notes the newest. */
const BUTTONS: Partial<Record<ShortcutName, string>> = {
  copyMessage: '.turn.last [aria-label="Copy message"]',
  previousMessage: '.turn.last [aria-label="Previous version of the message"]',
  nextMessage: '.turn.last [aria-label="Next version of the message"]',
  again: '.turn.last [aria-label="Another reply"]',
  same: '.turn.last .reply-options',
  previousVersion: '.turn.last [aria-label="Previous version of the reply"]',
  nextVersion: '.turn.last [aria-label="Next version of the reply"]',
  stages: '.turn.last .xray-button',
  copyReply: '.turn.last [aria-label="Copy reply as Markdown"]',
  latest: '.jump button',
  options: '.composer [aria-label^="How the mock answers"]',
  undo: '.toast button',
  retry: '.banner button',
};

function commandsOf(chat: Chat): Partial<Record<ShortcutName, () => void>> {
  return {
    palette: togglePalette,
    sidebar: toggleSidebar,
    previous: () => openNeighbour(chat, -1),
    next: () => openNeighbour(chat, 1),
  };
}

function shortcutOf(event: KeyboardEvent, chat: Chat): (() => void) | null {
  const inDialog = currentView().dialog !== null; // what it covers can't be acted upon
  const actions = [...pageActions(chat), ...(inDialog ? [] : openConversationActions(chat))];
  const action = actions.find((one) => isShortcut(event, one.shortcut));
  if (action) return action.run;
  const commands = commandsOf(chat);
  const isPressed = (name: string) => isShortcut(event, name as ShortcutName);
  const command = Object.keys(commands).find(isPressed) as ShortcutName | undefined;
  if (command) return commands[command] ?? null;
  if (inDialog) return null;
  const button = Object.keys(BUTTONS).find(isPressed) as ShortcutName | undefined;
  return button ? () => [...document.querySelectorAll<HTMLElement>(BUTTONS[button] ?? '')].at(-1)?.click() : null;
}

export function useShortcuts(chat: Chat, field: RefObject<HTMLTextAreaElement | null>): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isComposing(event)) return;
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
