/** The page: sidebar, header, the current view, dialogs. */
import { useEffect, useRef } from 'react';
import { Banner } from '../ui/Banner';
import { useChat } from '../ui/context';
import { Lazy } from '../ui/Lazy';
import { Sidebar } from '../ui/sidebar/Sidebar';
import { Announcer, ToastList } from '../ui/ToastList';
import { Topbar } from '../ui/Topbar';
import { closeDrawer, isView, routeOf, showRoute, useView } from '../ui/view';
import { ChatView } from './ChatView';
import { LazyDialog, VIEWS } from './lazy-views';
import { useShortcuts } from './shortcuts';
import { useTabTitle } from './tab-title';
import { useFileDrop } from './useFileDrop';
import { useRefusals } from './useRefusals';

export function App() {
  const chat = useChat();
  const route = useView((state) => state.route);
  const dialog = useView((state) => state.dialog);
  const drawerOpen = useView((state) => state.drawerOpen);
  const collapsed = useView((state) => state.sidebarCollapsed);
  const field = useRef<HTMLTextAreaElement>(null);
  useShortcuts(chat, field);
  useTabTitle();
  useRefusals();
  const dropping = useFileDrop(chat);

  useEffect(() => {
    const back = () => showRoute(routeOf(location));
    addEventListener('popstate', back);
    return () => removeEventListener('popstate', back);
  }, []);

  // The drawer covers the page: focus moves into it, and back when it closes.
  useEffect(() => {
    if (!drawerOpen) return;
    const before = document.activeElement;
    document.querySelector<HTMLElement>('#sidebar a')?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, [drawerOpen]);

  useEffect(() => {
    if (isView(route.name)) chat.client.open(null);
  }, [chat, route]);

  return (
    <div className={`shell${drawerOpen ? ' drawer-open' : ''}${collapsed ? ' sidebar-collapsed' : ''}`}>
      {/* biome-ignore lint/a11y/useValidAnchor: it is a link to a part of the page, which stays out of the address */}
      <a
        className="skip-link"
        href="#main"
        onClick={(event) => {
          event.preventDefault(); // the address names messages
          document.getElementById('main')?.focus();
        }}
      >
        Skip to the content
      </a>
      <Sidebar />
      <button
        type="button"
        className="drawer-backdrop"
        aria-label="Close the sidebar"
        tabIndex={-1}
        onClick={closeDrawer}
      />
      <main className="main" id="main" tabIndex={-1} inert={drawerOpen}>
        <Topbar />
        <Banner />
        {route.name === 'new' || route.name === 'chat' ? (
          <ChatView route={route} field={field} />
        ) : (
          <Lazy key={route.name} source={VIEWS[route.name]}>
            {(View) => <View />}
          </Lazy>
        )}
      </main>
      {dialog !== null && <LazyDialog name={dialog} />}
      {dropping && (
        <div className="drop-target">
          {route.name === 'pipeline' ? 'Drop a trace to open it' : 'Drop an exported conversation to import it'}
        </div>
      )}
      <ToastList />
      <Announcer />
    </div>
  );
}
