/** The page's own state, apart from the chat: the route, dialogs, toasts, choices of this visit. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';

export type Route = { name: 'new' } | { name: 'chat'; id: string } | { name: 'pipeline' };
export type Dialog = 'palette' | 'keys' | null;
export type Theme = 'system' | 'light' | 'dark';

export interface Toast {
  id: number;
  text: string;
  action?: { name: string; run(): void };
}

export interface View {
  route: Route;
  dialog: Dialog;
  drawerOpen: boolean;
  sidebarCollapsed: boolean;
  theme: Theme;
  toasts: readonly Toast[];
  /** The chosen version of a turn's reply; without a choice it is the latest. */
  versions: Readonly<Record<string, number>>;
  /** Replies whose X-ray is open. */
  openXrays: Readonly<Record<string, true>>;
  /** A search hit: to be scrolled to and marked. */
  highlighted: { conversation: string; message: string } | null;
}

export const view = createStore<View>(() => ({
  route: { name: 'new' },
  dialog: null,
  drawerOpen: false,
  sidebarCollapsed: false,
  theme: 'system',
  toasts: [],
  versions: {},
  openXrays: {},
  highlighted: null,
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

export function navigate(route: Route, replace = false): void {
  const address = addressOf(route);
  if (address !== location.pathname) history[replace ? 'replaceState' : 'pushState'](null, '', address);
  view.setState({ route, drawerOpen: false, dialog: null });
}

let notes = 0;

/** Shows a short message at the bottom; it disappears by itself, or with `dismissToast`. */
export function toast(text: string, action?: Toast['action'], lastsMs = 6_000): number {
  notes += 1;
  const id = notes;
  view.setState((state) => ({ toasts: [...state.toasts.slice(-2), { id, text, ...(action ? { action } : {}) }] }));
  setTimeout(() => dismissToast(id), lastsMs);
  return id;
}

export function dismissToast(id: number): void {
  view.setState((state) => ({ toasts: state.toasts.filter((one) => one.id !== id) }));
}

const THEME_KEY = 'myna-theme'; // also read by public/theme.js before the first paint

export function restoreTheme(): void {
  const kept = document.documentElement.dataset.theme;
  if (kept === 'light' || kept === 'dark') view.setState({ theme: kept });
}

export function setTheme(theme: Theme): void {
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
