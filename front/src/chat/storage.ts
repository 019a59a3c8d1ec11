/**
 * What this browser saves between visits, behind a small interface. The only module that uses IndexedDB.
 * Drafts, pins and unread marks are shared by all tabs and saved as changes; an outbox belongs to one tab, and
 * is adopted by the next tab that starts once its own is closed.
 */
import { createStore, del, entries, type UseStore, update } from 'idb-keyval';
import type { SendOptions } from '../protocol/wire';
import type { OutboxEntry, SavedState } from './state';

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
  const text = sessionStorage.getItem(LAST);
  sessionStorage.removeItem(LAST);
  return text ? (JSON.parse(text) as Last) : null;
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
    try {
      this.tab = await claimTab();
      const living = await livingTabs();
      const last = takeUnloadSnapshot();
      const all = new Map((await entries<string, unknown>(this.open())).map(([key, value]) => [key, value]));
      for (const key of SHARED) this.last = { ...this.last, [key]: all.get(key) ?? {} };
      this.savedDrafts = this.last.drafts;
      const outbox: OutboxEntry[] = [];
      for (const [key, value] of all) {
        if (!key.startsWith('outbox:')) continue;
        const owner = key.slice('outbox:'.length);
        if (owner !== this.tab && living.has(`myna-tab-${owner}`)) continue;
        if (owner !== this.tab || !last) outbox.push(...(value as OutboxEntry[]));
        if (owner !== this.tab) await del(key, this.open());
      }
      outbox.sort((a, b) => a.createdAt - b.createdAt);
      if (!last) return { ...this.last, outbox };
      return { ...this.last, drafts: patched(this.last.drafts, last.drafts), outbox: [...outbox, ...last.outbox] };
    } catch {
      return {}; // a private window may refuse storage: the page works without it
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
