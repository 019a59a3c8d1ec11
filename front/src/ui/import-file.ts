/** Imports an exported conversation: asks for the file, shows progress, opens the result. */
import { newId } from '../chat/ids';
import { ApiError } from '../transport/api';
import type { Chat } from './context';
import { dismissToast, toast } from './toasts';
import { closeDrawer, currentView, navigate } from './view';

const MAX_FILE_MB = 4; // the server's limit for one import
const RUNNING_MS = 150_000; // as long as an import may take
const FAILURE_MS = 20_000; // a reason takes longer to read than a confirmation
const DATES_NOTICE = 'Its dates are those of the import.'; // the log orders by its own timestamps
const NOT_AN_EXPORT = 'It is not a conversation that was exported as JSON.';

export function chooseImport(chat: Chat): void {
  const field = document.createElement('input');
  field.type = 'file';
  field.accept = '.json,application/json';
  field.addEventListener('change', () => {
    const [file] = field.files ?? [];
    if (file) void importFile(chat, file);
  });
  field.click();
}

/** Every retry uses the same id, so that a half-done import is completed and never doubled. */
export async function importFile(chat: Chat, file: File, id: string = newId()): Promise<void> {
  closeDrawer();
  const { route } = currentView();
  const running = toast(`Importing “${file.name}”`, undefined, RUNNING_MS);
  try {
    const answer = await chat.api.importConversation(id, await contentOf(file));
    await chat.client.read(id, answer.cursor);
    const open = () => navigate({ name: 'chat', id });
    // Navigates only if the user has stayed on the page.
    if (currentView().route === route) {
      open();
      toast(`Imported. ${DATES_NOTICE}`);
    } else toast(`“${answer.title}” is imported. ${DATES_NOTICE}`, { name: 'Open', run: open });
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    const passes = error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);
    const again = { name: 'Try again', run: () => void importFile(chat, file, id) };
    const other = { name: 'Another file', run: () => chooseImport(chat) };
    toast(`“${file.name}” could not be imported. ${why}`, passes ? again : other, FAILURE_MS);
  } finally {
    dismissToast(running);
  }
}

/** Parses the file; the server validates its content. */
async function contentOf(file: File): Promise<object> {
  if (file.size > MAX_FILE_MB * 1024 * 1024)
    throw new Error(`It has more than the ${MAX_FILE_MB} MB that can be taken.`);
  let content: unknown;
  try {
    content = JSON.parse(await file.text());
  } catch {
    throw new Error(NOT_AN_EXPORT);
  }
  if (typeof content !== 'object' || content === null || !('schema' in content)) throw new Error(NOT_AN_EXPORT);
  return content;
}
