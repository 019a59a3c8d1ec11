/** Actions on a conversation that menus, shortcuts and the palette share. */
import type { Chat } from './context';
import { dismissToast, toast } from './toasts';
import { currentView, navigate } from './view';

export function removeConversation({ client }: Chat, id: string, title: string): void {
  client.deletions.schedule(id);
  const { route } = currentView();
  if (route.name === 'chat' && route.id === id) navigate({ name: 'new' });
  toast(`“${title}” is deleted.`, { name: 'Undo', run: () => client.deletions.undo(id) });
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

/** Loads the conversation to its beginning, so that the print has all of it, and opens the print dialog. */
export async function printConversation({ client }: Chat, id: string): Promise<void> {
  const waiting = toast('Loading the whole conversation for printing');
  await client.loadAll(id);
  dismissToast(waiting);
  print();
}
