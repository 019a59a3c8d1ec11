// @vitest-environment happy-dom
/** A dialog whose code can't be loaded is closed again: it would take the keys and could not be seen. */
import { act, cleanup, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LazyDialog } from '../../src/app/lazy-views';
import { ToastList } from '../../src/ui/ToastList';
import { currentView, openDialog } from '../../src/ui/view';
import { show } from './setup';

vi.mock('../../src/ui/dialogs', () => {
  throw new Error('no network');
});
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

it('says so and offers to load it again', async () => {
  openDialog('palette');
  show(
    <>
      <LazyDialog name="palette" />
      <ToastList />
    </>,
  );
  expect(currentView().dialog).toBe('palette');
  for (let tries = 0; tries < 10 && currentView().dialog; tries += 1)
    await act(() => vi.advanceTimersByTimeAsync(1_000)); // all of its attempts
  expect(currentView().dialog).toBeNull();
  expect(screen.getByText('This part of the page could not be loaded.')).toBeTruthy();
  expect(screen.getByRole('button', { name: 'Load it again' })).toBeTruthy();
});
