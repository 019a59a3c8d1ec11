/** What the page shows, apart from what was said: the route, dialogs, notes, choices of this visit. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';

export type Route = { name: 'new' } | { name: 'chat'; id: string } | { name: 'pipeline' };
export type Dialog = 'palette' | 'keys' | null;
export type Theme = 'system' | 'light' | 'dark';

export interface Note {
  id: number;
  text: string;
  action?: { name: string; run(): void };
}

export interface View {
  route: Route;
  dialog: Dialog;
  drawer: boolean;
  narrowed: boolean;
  theme: Theme;
  notes: readonly Note[];
  /** The chosen version of a turn's reply; without a choice it is the latest. */
  versions: Readonly<Record<string, number>>;
  /** Replies whose X-ray stands open. */
  xrays: Readonly<Record<string, true>>;
  /** A message that was looked for: to be scrolled to and marked. */
  found: { conversation: string; message: string } | null;
}

export const view = createStore<View>(() => ({
  route: { name: 'new' },
  dialog: null,
  drawer: false,
  narrowed: false,
  theme: 'system',
  notes: [],
  versions: {},
  xrays: {},
  found: null,
}));

export function useView<T>(select: (state: View) => T): T {
  return useStore(view, select);
}

export function routeOf(path: string): Route {
  const chat = /^\/c\/([\w-]{1,64})\/?$/.exec(path);
  if (chat?.[1]) return { name: 'chat', id: chat[1] };
  return path === '/pipeline' ? { name: 'pipeline' } : { name: 'new' };
}

export function addressOf(route: Route): string {
  if (route.name === 'chat') return `/c/${route.id}`;
  return route.name === 'pipeline' ? '/pipeline' : '/';
}

export function go(route: Route, replace = false): void {
  const address = addressOf(route);
  if (address !== location.pathname) history[replace ? 'replaceState' : 'pushState'](null, '', address);
  view.setState({ route, drawer: false, dialog: null });
}

let notes = 0;

/** A small note at the foot; it goes by itself, or with `dropNote`. */
export function note(text: string, action?: Note['action'], lastsMs = 6_000): number {
  notes += 1;
  const id = notes;
  view.setState((state) => ({ notes: [...state.notes.slice(-2), { id, text, ...(action ? { action } : {}) }] }));
  setTimeout(() => dropNote(id), lastsMs);
  return id;
}

export function dropNote(id: number): void {
  view.setState((state) => ({ notes: state.notes.filter((one) => one.id !== id) }));
}

const THEME_KEY = 'myna-theme'; // also read by public/theme.js before the first paint

export function readTheme(): void {
  const kept = document.documentElement.dataset.theme;
  if (kept === 'light' || kept === 'dark') view.setState({ theme: kept });
}

export function chooseTheme(theme: Theme): void {
  view.setState({ theme });
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === 'system') localStorage.removeItem(THEME_KEY);
    else localStorage.setItem(THEME_KEY, theme);
  } catch {
    // Storage refused: the choice lasts for this visit.
  }
}
