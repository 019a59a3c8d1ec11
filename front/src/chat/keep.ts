/**
 * What this browser keeps between visits, behind a small port. The only module that knows IndexedDB.
 * Drafts, pins and unread dots belong to all tabs and are kept as changes; an outbox belongs to one tab, and
 * is taken over by the next tab that starts once its own is closed.
 */
import { createStore, del, entries, type UseStore, update } from 'idb-keyval';
import type { Kept, OutboxEntry } from './state';

type Shared = Omit<Kept, 'outbox'>;
type SharedKey = keyof Shared;
export type SharedChange = { [key in SharedKey]?: Record<string, string | true | null> };

export interface Keep {
  load(): Promise<Partial<Kept>>;
  save(kept: Kept): Promise<void>;
  /** The page goes away at this moment: nothing that takes time may be begun. */
  saveNow(kept: Kept): void;
  /** Changes that other tabs made. */
  onOthers(listener: (change: SharedChange) => void): void;
}

const SHARED: readonly SharedKey[] = ['drafts', 'pins', 'unread'];

export function difference(
  before: Readonly<Record<string, string | true>>,
  after: Readonly<Record<string, string | true>>,
): Record<string, string | true | null> {
  const change: Record<string, string | true | null> = {};
  for (const [key, value] of Object.entries(after)) if (before[key] !== value) change[key] = value;
  for (const key of Object.keys(before)) if (!(key in after)) change[key] = null;
  return change;
}

export function patched<T extends string | true>(
  map: Readonly<Record<string, T>>,
  change: Record<string, string | true | null>,
): Record<string, T> {
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

/** What the page wrote in its last moment, if this is the same tab after a reload. */
const LAST = 'myna-last';

interface Last {
  outbox: readonly OutboxEntry[];
  /** What was typed, and what was emptied (`null`), since drafts were last known to be kept. */
  drafts: Record<string, string | true | null>;
}

function takeLast(): Last | null {
  const text = sessionStorage.getItem(LAST);
  sessionStorage.removeItem(LAST);
  return text ? (JSON.parse(text) as Last) : null;
}

/** A name of this tab that survives a reload; a duplicated tab gets its own. Held as a lock while the tab lives. */
async function claimTab(): Promise<string> {
  const remembered = sessionStorage.getItem('myna-tab');
  for (const name of [remembered, crypto.randomUUID()]) {
    if (name && (await held(name))) {
      sessionStorage.setItem('myna-tab', name);
      return name;
    }
  }
  return 'alone';
}

function held(name: string): Promise<boolean> {
  if (!navigator.locks) return Promise.resolve(true); // plain http on a network: locks exist only on safe origins
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

export class BrowserKeep implements Keep {
  private store: UseStore | null = null;
  private tab = 'alone';
  private last: Shared = { drafts: {}, pins: {}, unread: {} };
  private keptDrafts: Kept['drafts'] = {};
  private channel: BroadcastChannel | null = null;

  private open(): UseStore {
    this.store ??= createStore('myna', 'kept');
    return this.store;
  }

  async load(): Promise<Partial<Kept>> {
    try {
      this.tab = await claimTab();
      const living = await livingTabs();
      const last = takeLast();
      const all = new Map((await entries<string, unknown>(this.open())).map(([key, value]) => [key, value]));
      for (const key of SHARED) this.last = { ...this.last, [key]: all.get(key) ?? {} };
      this.keptDrafts = this.last.drafts;
      const outbox: OutboxEntry[] = [];
      for (const [key, value] of all) {
        if (!key.startsWith('outbox:')) continue;
        const owner = key.slice('outbox:'.length);
        if (owner !== this.tab && living.has(`myna-tab-${owner}`)) continue;
        if (owner !== this.tab || !last) outbox.push(...(value as OutboxEntry[]));
        if (owner !== this.tab) await del(key, this.open());
      }
      outbox.sort((a, b) => a.typedAt - b.typedAt);
      if (!last) return { ...this.last, outbox };
      return { ...this.last, drafts: patched(this.last.drafts, last.drafts), outbox: [...outbox, ...last.outbox] };
    } catch {
      return {}; // a private window may refuse storage: the page works, and forgets
    }
  }

  saveNow({ outbox, drafts }: Kept): void {
    try {
      const last: Last = { outbox, drafts: difference(this.keptDrafts, drafts) };
      sessionStorage.setItem(LAST, JSON.stringify(last));
    } catch {
      // Refused: what was saved before has to do.
    }
  }

  async save(kept: Kept): Promise<void> {
    const change = changesOf(this.last, kept);
    this.last = { drafts: kept.drafts, pins: kept.pins, unread: kept.unread };
    if (Object.keys(change).length > 0) this.channel?.postMessage(change);
    try {
      await update<readonly OutboxEntry[]>(`outbox:${this.tab}`, () => kept.outbox, this.open());
      for (const key of SHARED) {
        const one = change[key];
        if (one) await update<Record<string, string | true>>(key, (map) => patched(map ?? {}, one), this.open());
      }
      this.keptDrafts = kept.drafts;
    } catch {
      // Full or refused: nothing better can be done than going on without.
    }
  }

  onOthers(listener: (change: SharedChange) => void): void {
    if (typeof BroadcastChannel === 'undefined') return;
    this.channel = new BroadcastChannel('myna');
    this.channel.onmessage = (message: MessageEvent<SharedChange>) => listener(message.data);
  }
}

/** The twin for tests. */
export class MemoryKeep implements Keep {
  kept: Partial<Kept> = {};
  tell: (change: SharedChange) => void = () => {};

  async load(): Promise<Partial<Kept>> {
    return structuredClone(this.kept);
  }

  saveNow(kept: Kept): void {
    void this.save(kept);
  }

  async save(kept: Kept): Promise<void> {
    const { outbox, drafts, pins, unread } = kept;
    this.kept = structuredClone({ outbox, drafts, pins, unread });
  }

  onOthers(listener: (change: SharedChange) => void): void {
    this.tell = listener;
  }
}
