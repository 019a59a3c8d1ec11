// @vitest-environment happy-dom
/** An exported conversation comes back by its file: what is said meanwhile, and what when it can't. */
import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ApiError } from '../../src/transport/api';
import { importFile } from '../../src/ui/import-file';
import { ToastList } from '../../src/ui/ToastList';
import { toasts } from '../../src/ui/toasts';
import { currentView, navigate } from '../../src/ui/view';
import { show } from './setup';

const FILE = { schema: 'myna.conversation/1', conversation: { title: 'Long ways' }, messages: [] };

beforeEach(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false }));
  toasts.setState([], true);
  navigate({ name: 'new' });
});
afterEach(cleanup);

function fileOf(content: string): File {
  return new File([content], 'ways.json', { type: 'application/json' });
}

/** A page with notes, whose server answers imports by these, one after the other; the ids it was asked for. */
function pageWith(...answers: (() => Promise<unknown>)[]) {
  const { chat } = show(<ToastList />);
  const ids: string[] = [];
  chat.api.importConversation = (id) => {
    ids.push(id);
    const answer = answers.shift();
    if (!answer) throw new Error('Nobody expected one more import.');
    return answer() as ReturnType<typeof chat.api.importConversation>;
  };
  return { chat, ids };
}

it('says that it runs, then opens the conversation', async () => {
  let arrive: (answer: unknown) => void = () => {};
  const { chat, ids } = pageWith(() => new Promise((resolve) => (arrive = resolve)));
  const done = importFile(chat, fileOf(JSON.stringify(FILE)));
  expect(await screen.findByText('Importing “ways.json”')).toBeTruthy();
  await waitFor(() => expect(ids).toHaveLength(1));
  arrive({ id: ids[0], title: 'Long ways', messages: 0, cursor: 'c' });
  await done;
  expect(currentView().route).toEqual({ name: 'chat', id: ids[0] });
  await waitFor(() => expect(screen.queryByText(/Importing/)).toBeNull());
  expect(screen.getByText('Imported. Its dates are those of the import.')).toBeTruthy();
});

it('does not navigate if the user has left the page meanwhile', async () => {
  const { chat, ids } = pageWith(async () => {
    navigate({ name: 'pipeline' });
    return { id: 'x', title: 'Long ways', messages: 0, cursor: 'c' };
  });
  await importFile(chat, fileOf(JSON.stringify(FILE)));
  expect(currentView().route).toEqual({ name: 'pipeline' });
  expect(await screen.findByText('“Long ways” is imported. Its dates are those of the import.')).toBeTruthy();
  fireEvent.click(await screen.findByRole('button', { name: 'Open' }));
  expect(currentView().route).toEqual({ name: 'chat', id: ids[0] });
});

it('tries again under the same id when the connection was lost', async () => {
  const { chat, ids } = pageWith(
    () => Promise.reject(new ApiError(0, 'unreachable', 'The server can’t be reached.')),
    () => Promise.resolve({ id: 'x', title: 'Long ways', messages: 0, cursor: 'c' }),
  );
  await importFile(chat, fileOf(JSON.stringify(FILE)));
  expect(await screen.findByText('“ways.json” could not be imported. The server can’t be reached.')).toBeTruthy();
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await waitFor(() => expect(currentView().route.name).toBe('chat'));
  expect(ids[1]).toBe(ids[0]);
});

it('says what is wrong with a file that the server refuses, and asks for another', async () => {
  const detail = 'messages.3.user.text: String should have at most 8000 characters.';
  const { chat } = pageWith(() => Promise.reject(new ApiError(400, 'invalid_frame', detail)));
  await importFile(chat, fileOf(JSON.stringify(FILE)));
  expect(await screen.findByText(`“ways.json” could not be imported. ${detail}`)).toBeTruthy();
  expect(screen.getByRole('button', { name: 'Another file' })).toBeTruthy();
});

it.each(['# A Markdown export', '[1, 2]', 'null', 'x'.repeat(4 * 1024 * 1024 + 1)])(
  'sends nothing that is none: %.20s',
  async (content) => {
    const { chat, ids } = pageWith();
    await importFile(chat, fileOf(content));
    expect(await screen.findByText(/“ways.json” could not be imported. It /)).toBeTruthy();
    expect(ids).toEqual([]);
    expect(currentView().route).toEqual({ name: 'new' });
  },
);
