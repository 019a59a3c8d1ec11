// @vitest-environment happy-dom
/** A deletion that the server does not carry out is told, and can be tried again. */
import { act, cleanup, fireEvent, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ApiError } from '../../src/transport/api';
import { removeConversation, removeConversations } from '../../src/ui/conversation-actions';
import { ToastList } from '../../src/ui/ToastList';
import { toasts } from '../../src/ui/toasts';
import { show } from './setup';

const UNDO_MS = 6_000; // the time for undo

beforeEach(() => {
  vi.useFakeTimers();
  toasts.setState([], true);
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const later = () => act(() => vi.advanceTimersByTimeAsync(UNDO_MS + 100));

it('is shown again with the reason, and deleted at the second try', async () => {
  const { chat } = show(<ToastList />);
  const remove = vi.fn().mockRejectedValueOnce(new ApiError(0, 'unreachable', 'The server can’t be reached.'));
  chat.api.remove = remove.mockResolvedValue(undefined);
  removeConversation(chat, 'c1', 'Long ways');
  await later();
  expect(screen.getByText('Not deleted: “Long ways”. The server can’t be reached.')).toBeTruthy();
  expect(chat.store.state.deleting.c1).toBeUndefined();
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(chat.store.state.deleting.c1).toBe(true);
  await later();
  expect(remove).toHaveBeenCalledTimes(2);
  expect(screen.queryByText(/Not deleted/)).toBeNull();
});

it('is told once for several', async () => {
  const { chat } = show(<ToastList />);
  chat.api.remove = () => Promise.reject(new ApiError(503, 'unavailable', 'The database is away.'));
  removeConversations(chat, ['c1', 'c2', 'c3']);
  await later();
  expect(screen.getAllByText(/Not deleted/)).toHaveLength(1);
});
