/** Actions on a conversation that menus, shortcuts and the palette share. */
import type { Chat } from './context';
import { navigate, toast, view } from './view';

export function removeConversation({ client }: Chat, id: string, title: string): void {
  client.remove(id);
  const { route } = view.getState();
  if (route.name === 'chat' && route.id === id) navigate({ name: 'new' });
  toast(`“${title}” is deleted.`, { name: 'Undo', run: () => client.undoRemove(id) });
}

export function renameConversation({ client }: Chat, id: string, title: string): void {
  const clean = title.trim();
  if (clean === '') return;
  client.rename(id, clean).catch((error: unknown) => {
    toast(`The title could not be changed. ${error instanceof Error ? error.message : ''}`);
  });
}

export function exportConversation({ api }: Chat, id: string, format: 'markdown' | 'json'): void {
  const link = document.createElement('a');
  link.href = api.exportAddress(id, format);
  link.download = '';
  link.click();
}

/** Copies the last code block on the page. */
export async function copyLastCode(): Promise<void> {
  const code = [...document.querySelectorAll('.thread .code pre')].at(-1)?.textContent;
  if (!code) {
    toast('There is no code here to copy.');
    return;
  }
  try {
    await navigator.clipboard.writeText(code);
    toast('The last code is copied.');
  } catch {
    toast('The browser did not allow copying.');
  }
}
