/**
 * What this browser saves between visits, behind a small interface. The only module that uses IndexedDB.
 * Drafts, pins and unread marks are shared by all tabs and saved as changes; an outbox belongs to one tab, and
 * is adopted by the next tab that starts once its own is closed.
 */
import { createStore, delMany, entries, set, type UseStore, update } from 'idb-keyval';
import type { SendOptions } from '../protocol/wire';
import type { OutboxEntry, SavedState } from './state';

const READ_MS = 4_000; // many times what a full storage takes

type Shared = Omit<SavedState, 'outbox'>;
type SharedKey = keyof Shared;
type SharedValue = string | true | SendOptions;
type SharedMap = Readonly<Record<string, SharedValue>>;
type MapChange = Record<string, SharedValue | null>;
export type SharedChange = { [key in SharedKey]?: MapChange };

export interface ChatStorage {
  load(): Promise<Partial<SavedState>>;
  save(saved: SavedState): Promise<void>;
  /** Called on unload: synchronous, as nothing asynchronous would finish. */
  saveNow(saved: SavedState): void;
  /** Changes that other tabs made. */
  onOtherTabs(listener: (change: SharedChange) => void): void;
}

const SHARED: readonly SharedKey[] = ['drafts', 'pins', 'unread', 'active', 'options', 'paths'];
const EMPTY: Shared = { drafts: {}, pins: {}, unread: {}, active: {}, options: {}, paths: {} };

export function difference(before: SharedMap, after: SharedMap): MapChange {
  const change: MapChange = {};
  for (const [key, value] of Object.entries(after)) if (before[key] !== value) change[key] = value;
  for (const key of Object.keys(before)) if (!(key in after)) change[key] = null;
  return change;
}

export function patched<T extends SharedValue>(map: Readonly<Record<string, T>>, change: MapChange): Record<string, T> {
  const next: Record<string, T> = { ...map };
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete next[key];
    else next[key] = value as T;
  }
  return next;
}

function changesOf(before: Shared, after: Shared): SharedChange {
  const change: SharedChange = {};
  for (const key of SHARED) {
    if (before[key] === after[key]) continue;
    const one = difference(before[key], after[key]);
    if (Object.keys(one).length > 0) change[key] = one;
  }
  return change;
}

/** What the page saved on unload, if this is the same tab after a reload. */
const LAST = 'myna-last';

interface Last {
  outbox: readonly OutboxEntry[];
  /** Drafts changed or cleared (`null`) since they were last saved. */
  drafts: MapChange;
}

function takeUnloadSnapshot(): Last | null {
  try {
    const text = sessionStorage.getItem(LAST);
    sessionStorage.removeItem(LAST);
    return text ? (JSON.parse(text) as Last) : null;
  } catch {
    return null; // storage refused
  }
}

/** A browser may leave IndexedDB unanswered for good, and the page has to start. */
function inTime<T>(reading: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error('The storage does not answer.')), READ_MS);
    reading.then(resolve, reject);
  });
}

/** An id of this tab that survives a reload; a duplicated tab gets its own. Locked while the tab is open. */
async function claimTab(): Promise<string> {
  const remembered = sessionStorage.getItem('myna-tab');
  for (const name of [remembered, crypto.randomUUID()]) {
    if (name && (await acquireLock(name))) {
      sessionStorage.setItem('myna-tab', name);
      return name;
    }
  }
  return 'alone';
}

function acquireLock(name: string): Promise<boolean> {
  if (!navigator.locks) return Promise.resolve(true); // plain http on a network: locks exist only in secure contexts
  return new Promise((resolve) => {
    void navigator.locks.request(`myna-tab-${name}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock ? new Promise<void>(() => {}) : undefined;
    });
  });
}

async function livingTabs(): Promise<ReadonlySet<string>> {
  const locks = await navigator.locks?.query();
  return new Set((locks?.held ?? []).flatMap((lock) => (lock.name ? [lock.name] : [])));
}

export class BrowserStorage implements ChatStorage {
  private store: UseStore | null = null;
  private tab = 'alone';
  private last: Shared = EMPTY;
  private savedDrafts: SavedState['drafts'] = {};
  private channel: BroadcastChannel | null = null;

  private open(): UseStore {
    this.store ??= createStore('myna', 'kept');
    return this.store;
  }

  async load(): Promise<Partial<SavedState>> {
    const last = takeUnloadSnapshot();
    try {
      this.tab = await claimTab();
      const { shared, outbox, closed } = await inTime(this.read(last?.outbox));
      this.last = shared;
      this.savedDrafts = shared.drafts;
      if (closed.length > 0) void this.adopt(outbox, closed);
      return { ...shared, ...(last ? { drafts: patched(shared.drafts, last.drafts) } : {}), outbox };
    } catch {
      // A private window may refuse storage: the page works without it.
      return last ? { outbox: last.outbox, drafts: patched({}, last.drafts) } : {};
    }
  }

  /** What is saved, the outboxes of tabs that were closed included, and the keys of these. */
  private async read(unloaded: readonly OutboxEntry[] | undefined) {
    const living = await livingTabs();
    const all = new Map((await entries<string, unknown>(this.open())).map(([key, value]) => [key, value]));
    const shared = Object.fromEntries(SHARED.map((key) => [key, all.get(key) ?? {}])) as unknown as Shared;
    const own = `outbox:${this.tab}`;
    const closed = [...all.keys()].filter(
      (key) => key.startsWith('outbox:') && key !== own && !living.has(`myna-tab-${key.slice('outbox:'.length)}`),
    );
    const outboxes = [...closed.map((key) => all.get(key)), unloaded ?? all.get(own) ?? []] as OutboxEntry[][];
    return { shared, outbox: outboxes.flat().sort((a, b) => a.createdAt - b.createdAt), closed };
  }

  /** The messages of closed tabs are this one's from now on: saved before they are deleted there. */
  private async adopt(outbox: readonly OutboxEntry[], closed: string[]): Promise<void> {
    try {
      await set(`outbox:${this.tab}`, outbox, this.open());
      await delMany(closed, this.open());
    } catch {
      // Full: they are adopted again by the next tab, and their ids keep them from being sent twice.
    }
  }

  saveNow({ outbox, drafts }: SavedState): void {
    try {
      const last: Last = { outbox, drafts: difference(this.savedDrafts, drafts) };
      sessionStorage.setItem(LAST, JSON.stringify(last));
    } catch {
      // Refused: the last asynchronous save stands.
    }
  }

  async save(saved: SavedState): Promise<void> {
    const change = changesOf(this.last, saved);
    const { outbox: _outbox, ...shared } = saved;
    this.last = shared;
    if (Object.keys(change).length > 0) this.channel?.postMessage(change);
    try {
      await update<readonly OutboxEntry[]>(`outbox:${this.tab}`, () => saved.outbox, this.open());
      for (const key of SHARED) {
        const one = change[key];
        if (one) await update<SharedMap>(key, (map) => patched(map ?? {}, one), this.open());
      }
      this.savedDrafts = saved.drafts;
    } catch {
      // Full or refused: the page goes on without saving.
    }
  }

  onOtherTabs(listener: (change: SharedChange) => void): void {
    if (typeof BroadcastChannel === 'undefined') return;
    this.channel = new BroadcastChannel('myna');
    this.channel.onmessage = (message: MessageEvent<SharedChange>) => listener(message.data);
  }
}

/** An in-memory implementation for tests. */
export class MemoryStorage implements ChatStorage {
  saved: Partial<SavedState> = {};
  emitChange: (change: SharedChange) => void = () => {};

  async load(): Promise<Partial<SavedState>> {
    return structuredClone(this.saved);
  }

  saveNow(saved: SavedState): void {
    void this.save(saved);
  }

  async save(saved: SavedState): Promise<void> {
    this.saved = structuredClone(saved);
  }

  onOtherTabs(listener: (change: SharedChange) => void): void {
    this.emitChange = listener;
  }
}
