/** Brings an exported conversation back: asks for its file, says how far it is, opens what came of it. */
import { newId } from '../chat/ids';
import { ApiError } from '../transport/api';
import type { Chat } from './context';
import { dropNote, go, note, view } from './view';

const LARGEST_MB = 4; // that the server takes of one import
const WHILE_MS = 150_000; // a note stays as long as an import may take
const WHY_MS = 20_000; // a reason takes longer to read than a word of success
const DATES = 'Its dates are those of the import.'; // the log orders by its own moments
const STRANGE = 'It is not a conversation that was exported as JSON.';

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

/** The same id on every try: what a broken line left half done is completed, and nothing is there twice. */
export async function importFile(chat: Chat, file: File, id: string = newId()): Promise<void> {
  view.setState({ drawer: false });
  const { route } = view.getState();
  const running = note(`Importing “${file.name}”`, undefined, WHILE_MS);
  try {
    const answer = await chat.api.importConversation(id, await contentOf(file));
    await chat.client.read(id, answer.cursor);
    const open = () => go({ name: 'chat', id });
    // Whoever went elsewhere meanwhile is not called back.
    if (view.getState().route === route) {
      open();
      note(`Imported. ${DATES}`);
    } else note(`“${answer.title}” is imported. ${DATES}`, { name: 'Open', run: open });
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    const passes = error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);
    const again = { name: 'Try again', run: () => void importFile(chat, file, id) };
    const other = { name: 'Another file', run: () => chooseImport(chat) };
    note(`“${file.name}” could not be imported. ${why}`, passes ? again : other, WHY_MS);
  } finally {
    dropNote(running);
  }
}

/** What the file holds, as far as it can be one of ours; the server looks closely. */
async function contentOf(file: File): Promise<object> {
  if (file.size > LARGEST_MB * 1024 * 1024) throw new Error(`It has more than the ${LARGEST_MB} MB that can be taken.`);
  let content: unknown;
  try {
    content = JSON.parse(await file.text());
  } catch {
    throw new Error(STRANGE);
  }
  if (typeof content !== 'object' || content === null || !('schema' in content)) throw new Error(STRANGE);
  return content;
}
