/** What rows, menus, keys and the palette all do to a conversation, in one place. */
import type { Chat } from './context';
import { go, note, view } from './view';

export function removeConversation({ client }: Chat, id: string, title: string): void {
  client.remove(id);
  const { route } = view.getState();
  if (route.name === 'chat' && route.id === id) go({ name: 'new' });
  note(`“${title}” is deleted.`, { name: 'Undo', run: () => client.undoRemove(id) });
}

export function renameConversation({ client }: Chat, id: string, title: string): void {
  const clean = title.trim();
  if (clean === '') return;
  client.rename(id, clean).catch((error: unknown) => {
    note(`The title could not be changed. ${error instanceof Error ? error.message : ''}`);
  });
}

export function exportConversation({ api }: Chat, id: string, format: 'markdown' | 'json'): void {
  const link = document.createElement('a');
  link.href = api.exportAddress(id, format);
  link.download = '';
  link.click();
}

/** Copies the last block of code on the page, or of the reply, as the person sees it. */
export async function copyLastCode(): Promise<void> {
  const code = [...document.querySelectorAll('.thread .code pre')].at(-1)?.textContent;
  if (!code) {
    note('There is no code here to copy.');
    return;
  }
  try {
    await navigator.clipboard.writeText(code);
    note('The last code is copied.');
  } catch {
    note('The browser did not allow copying.');
  }
}
