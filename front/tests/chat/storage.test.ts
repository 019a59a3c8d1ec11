// @vitest-environment happy-dom
/** What a browser keeps of a page, also where its storage refuses or never answers. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { INITIAL, type OutboxEntry } from '../../src/chat/state';
import { BrowserStorage } from '../../src/chat/storage';

const UNSENT: OutboxEntry = {
  id: 'm1',
  conversation_id: 'c1',
  text: 'not sent yet',
  createdAt: 1,
  phase: 'queued',
  sends: 0,
};

beforeEach(() => {
  sessionStorage.clear();
  new BrowserStorage().saveNow({ ...INITIAL, outbox: [UNSENT], drafts: { c1: 'half a thought' } });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('keeps what was not sent over a reload where there is no database', async () => {
  vi.stubGlobal('indexedDB', {
    open: () => {
      throw new DOMException('refused', 'InvalidStateError');
    },
  });
  const saved = await new BrowserStorage().load();
  expect(saved.outbox).toEqual([UNSENT]);
  expect(saved.drafts).toEqual({ c1: 'half a thought' });
});

it('lets the page start where the database never answers', async () => {
  vi.useFakeTimers();
  vi.stubGlobal('indexedDB', { open: () => ({}) });
  const loading = new BrowserStorage().load();
  await vi.advanceTimersByTimeAsync(10_000);
  expect((await loading).outbox).toEqual([UNSENT]);
});

it('lets the page start where every storage is refused', async () => {
  vi.stubGlobal('sessionStorage', undefined);
  vi.stubGlobal('indexedDB', undefined);
  expect(await new BrowserStorage().load()).toEqual({});
});
