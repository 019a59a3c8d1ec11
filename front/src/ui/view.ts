/** The page's own state: the route (of a conversation also the message or reply it is opened at, of the pipeline what of it), the open dialog, the sidebar, the search hit to be shown. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';

/** The views that are not a conversation, each with its title; the address is a slash and the name. */
const VIEWS = { pipeline: 'The pipeline', calls: 'Calls' };
export type ViewName = keyof typeof VIEWS;

export type Route = { name: 'new' } | { name: 'chat'; id: string; at?: string } | { name: ViewName; at?: string };
export type DialogName = 'palette' | 'shortcuts' | 'settings' | 'manage';

export interface Highlighted {
  conversation: string;
  message: string;
  /** The message itself, or the reply to it that was found. */
  hit: string;
  /** What was found in it, as it is written there. */
  words: readonly string[];
}

interface View {
  route: Route;
  /** The last route with a message field: where the pipeline's button leads back to. */
  lastChatRoute: Route;
  dialog: DialogName | null;
  drawerOpen: boolean;
  sidebarCollapsed: boolean;
  /** A search hit: to be scrolled to and marked. */
  highlighted: Highlighted | null;
  /** A file that was dropped on the pipeline view, which opens it as a trace. */
  trace: File | null;
}

const COLLAPSED_KEY = 'myna-sidebar-collapsed';

const view = createStore<View>(() => ({
  route: { name: 'new' },
  lastChatRoute: { name: 'new' },
  dialog: null,
  drawerOpen: false,
  sidebarCollapsed: readCollapsed(),
  highlighted: null,
  trace: null,
}));

export function useView<T>(select: (state: View) => T): T {
  return useStore(view, select);
}

export function currentView(): View {
  return view.getState();
}

export function routeOf({ pathname, hash }: Pick<Location, 'pathname' | 'hash'>): Route {
  const chat = /^\/c\/([\w-]{1,64})\/?$/.exec(pathname);
  const found = /^#([\w-]{1,64})$/.exec(hash)?.[1];
  const at = found ? { at: found } : {};
  if (chat?.[1]) return { name: 'chat', id: chat[1], ...at };
  const name = isFile(pathname) ? 'pipeline' : pathname.slice(1);
  return isView(name) ? { name, ...at } : { name: 'new' };
}

/** The page is a file among others, without a backend: a copy in the documentation, which shows traces. */
export function isFile(pathname: string): boolean {
  return pathname.endsWith('.html');
}

export function isView(name: string): name is ViewName {
  return Object.hasOwn(VIEWS, name);
}

/** The title of a view that is not a conversation. */
export function viewName(name: ViewName): string {
  return VIEWS[name];
}

export function addressOf(route: Route): string {
  if (route.name === 'new') return '/';
  return `/${route.name === 'chat' ? `c/${route.id}` : route.name}${route.at ? `#${route.at}` : ''}`;
}

/** Shows a route without touching the browser's history: for `popstate`. */
export function showRoute(route: Route): void {
  view.setState((state) => ({
    route,
    lastChatRoute: route.name === 'new' || route.name === 'chat' ? route : state.lastChatRoute,
    drawerOpen: false,
    dialog: null,
  }));
}

export function navigate(route: Route, replace = false): void {
  const address = addressOf(route);
  if (address !== location.pathname + location.hash) history[replace ? 'replaceState' : 'pushState'](null, '', address);
  showRoute(route);
}

export function openDialog(dialog: DialogName): void {
  view.setState({ dialog, drawerOpen: false });
}

export function closeDialog(): void {
  view.setState({ dialog: null });
}

export function closeDrawer(): void {
  view.setState({ drawerOpen: false });
}

/** Whether the sidebar is a drawer; style/breakpoints.css decides. */
export function isNarrow(): boolean {
  return getComputedStyle(document.documentElement).getPropertyValue('--is-narrow').trim() === '1';
}

/** Opens or closes the drawer on narrow screens, collapses or expands the sidebar on wide ones. */
export function toggleSidebar(): void {
  if (isNarrow()) {
    view.setState(({ drawerOpen }) => ({ drawerOpen: !drawerOpen }));
    return;
  }
  const sidebarCollapsed = !view.getState().sidebarCollapsed;
  view.setState({ sidebarCollapsed });
  try {
    if (sidebarCollapsed) localStorage.setItem(COLLAPSED_KEY, 'true');
    else localStorage.removeItem(COLLAPSED_KEY);
  } catch {
    // Storage refused: the choice lasts for this visit.
  }
}

function readCollapsed(): boolean {
  try {
    return localStorage.getItem(COLLAPSED_KEY) === 'true';
  } catch {
    return false;
  }
}

export function highlight(highlighted: Highlighted): void {
  view.setState({ highlighted });
}

/** Writes the branch that is shown into the address, so that a copy of it leads there. */
export function showInAddress(route: Route): void {
  const address = addressOf(route);
  if (address !== location.pathname + location.hash) history.replaceState(null, '', address);
}

export function showTrace(trace: File | null): void {
  view.setState({ trace });
}

export function clearHighlight(): void {
  view.setState({ highlighted: null });
}
