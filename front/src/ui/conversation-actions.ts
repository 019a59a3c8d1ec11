/** Actions on a conversation that menus, shortcuts and the palette share. */
import { shownPath } from '../chat/paths';
import type { Chat } from './context';
import { dismissToast, toast } from './toasts';
import { currentView, navigate } from './view';

const LOADING_MS = 60_000; // as long as a long conversation may take to load
const FAILURE_MS = 20_000; // a reason takes longer to read than a confirmation
const MAX_NAME = 60; // characters of a file's name
const REVOKE_MS = 10_000; // the browser has begun to write the file by then

export function removeConversation(chat: Chat, id: string, title: string): void {
  remove(chat, [id], `“${title}”`);
}

/** Several at once, with one undo for all. */
export function removeConversations(chat: Chat, ids: readonly string[]): void {
  remove(chat, ids, ids.length === 1 ? 'One conversation' : `${ids.length} conversations`);
}

function remove(chat: Chat, ids: readonly string[], what: string): void {
  const { deletions } = chat.client;
  const failed: string[] = [];
  for (const id of ids)
    deletions.schedule(id, (problem) => {
      failed.push(id);
      if (failed.length > 1) return; // one note for all
      const again = { name: 'Try again', run: () => remove(chat, failed, what) };
      toast(`Not deleted: ${what}. ${problem}`, again, FAILURE_MS);
    });
  const { route } = currentView();
  if (route.name === 'chat' && ids.includes(route.id)) navigate({ name: 'new' });
  const undo = () => {
    for (const id of ids) deletions.undo(id);
  };
  toast(`${what} ${ids.length === 1 ? 'is' : 'are'} deleted.`, { name: 'Undo', run: undo });
}

export function renameConversation({ client }: Chat, id: string, title: string): void {
  const clean = title.trim();
  if (clean === '') return;
  client.rename(id, clean).catch((error: unknown) => {
    toast(`The title could not be changed. ${error instanceof Error ? error.message : ''}`);
  });
}

/** Downloads what stands there; the server names the file where `name` is empty. */
function follow(address: string, name = ''): void {
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
}

export function exportConversation({ api }: Chat, id: string, format: 'markdown' | 'json'): void {
  follow(api.exportAddress(id, format));
}

/** Downloads a file of rules for the mock, which plays the conversation again. */
export function saveScenario({ api }: Chat, id: string): void {
  follow(api.scenarioAddress(id));
}

/** Downloads the shown path of a conversation, whole, as one HTML file that opens without a server. */
export async function shareConversation({ client, store }: Chat, id: string, title: string): Promise<void> {
  const waiting = toast('Writing the conversation as a page', undefined, LOADING_MS);
  try {
    const { sharedFile } = await import('./share/share-file');
    await client.loadAll(id);
    const { state } = store;
    if (state.threads[id]?.next !== null) throw new Error('The conversation could not be loaded to its beginning.');
    download(await sharedFile({ title, path: shownPath(state, id), clocks: state.clocks }), `${fileName(title)}.html`);
  } catch (error) {
    toast(`No page was written. ${error instanceof Error ? error.message : ''}`);
  } finally {
    dismissToast(waiting);
  }
}

function fileName(title: string): string {
  return (
    title
      .replace(/[\\/:*?"<>|\p{C}]+/gu, ' ')
      .trim()
      .slice(0, MAX_NAME) || 'conversation'
  );
}

export function download(text: string, name: string, type = 'text/html'): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  follow(address, name);
  setTimeout(() => URL.revokeObjectURL(address), REVOKE_MS);
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
export async function printConversation({ client, store }: Chat, id: string): Promise<void> {
  const waiting = toast('Loading the whole conversation for printing', undefined, LOADING_MS);
  await client.loadAll(id);
  dismissToast(waiting);
  if (store.state.threads[id]?.next !== null) toast('Its beginning could not be loaded, and is not printed.');
  print();
}
