// @vitest-environment happy-dom
/** A part of the page that fails: its fallback, the way on, and code that is loaded again. */
import { act, cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PageFailure } from '../../src/app/PageFailure';
import { chunk, useChunk } from '../../src/ui/chunk';
import { ErrorBoundary } from '../../src/ui/ErrorBoundary';
import { TurnBoundary } from '../../src/ui/thread/TurnBoundary';
import { CHAT } from '../chat/events';

let broken = true;

function Fragile() {
  if (broken) throw new Error('no such date');
  return <p>fine</p>;
}

beforeEach(() => {
  broken = true;
  vi.spyOn(console, 'error').mockImplementation(() => {}); // React reports each caught error
});
afterEach(cleanup);

describe('an error boundary', () => {
  it('shows the whole page’s fallback, and the page again once it works', async () => {
    render(
      <ErrorBoundary fallback={(retry, error) => <PageFailure error={error} onRetry={retry} />}>
        <Fragile />
      </ErrorBoundary>,
    );
    expect(screen.getByRole('alert').textContent).toContain('no such date');
    broken = false;
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(screen.getByText('fine')).toBeTruthy();
  });

  it('contains a turn that fails, and leaves its neighbours alone', () => {
    const entry = {
      id: 'm1',
      conversation_id: CHAT,
      text: 'hi',
      createdAt: 0,
      phase: 'sent',
      sends: 1,
    } as const;
    render(
      <>
        <TurnBoundary row={{ id: 'm1', entry }}>
          <Fragile />
        </TurnBoundary>
        <TurnBoundary row={{ id: 'm2', entry }}>
          <p>the next turn</p>
        </TurnBoundary>
      </>,
    );
    expect(screen.getByText('This message could not be shown.')).toBeTruthy();
    expect(screen.getByRole('button', { name: 'Copy its text' })).toBeTruthy();
    expect(screen.getByText('the next turn')).toBeTruthy();
  });

  it('renders again when its input changes', () => {
    const block = (key: string) => (
      <ErrorBoundary resetKey={key} fallback={() => <p>as it came</p>}>
        <Fragile />
      </ErrorBoundary>
    );
    const { rerender } = render(block('one'));
    expect(screen.getByText('as it came')).toBeTruthy();
    broken = false;
    rerender(block('two'));
    expect(screen.getByText('fine')).toBeTruthy();
  });
});

describe('code that is loaded on demand', () => {
  it('is requested again until it comes, then given up, and requested once more on demand', async () => {
    vi.useFakeTimers();
    let requests = 0;
    const source = chunk(async () => {
      requests += 1;
      if (broken) throw new Error('blocked');
      return { name: 'loaded' };
    }, [10, 20]);
    function Shown() {
      const { value, failed } = useChunk(source);
      return <p>{value?.name ?? (failed ? 'failed' : 'loading')}</p>;
    }
    render(<Shown />);
    await act(() => vi.advanceTimersByTimeAsync(100));
    expect(requests).toBe(3);
    expect(screen.getByText('failed')).toBeTruthy();
    broken = false;
    source.load();
    await act(() => vi.advanceTimersByTimeAsync(100));
    expect(screen.getByText('loaded')).toBeTruthy();
    vi.useRealTimers();
  });
});
