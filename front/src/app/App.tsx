/** The page: sidebar, header, the current view, dialogs. */
import { useEffect, useRef } from 'react';
import { Banner } from '../ui/Banner';
import { useChat } from '../ui/context';
import { Palette } from '../ui/dialogs/Palette';
import { ShortcutsDialog } from '../ui/dialogs/ShortcutsDialog';
import { PipelineView } from '../ui/pipeline/PipelineView';
import { Sidebar } from '../ui/sidebar/Sidebar';
import { Announcer, Toasts } from '../ui/Toasts';
import { Topbar } from '../ui/Topbar';
import { routeOf, useView, view } from '../ui/view';
import { ChatView } from './ChatView';
import { useShortcuts } from './shortcuts';
import { useTabTitle } from './tab-title';

export function App() {
  const chat = useChat();
  const route = useView((state) => state.route);
  const dialog = useView((state) => state.dialog);
  const drawer = useView((state) => state.drawerOpen);
  const sidebarCollapsed = useView((state) => state.sidebarCollapsed);
  const field = useRef<HTMLTextAreaElement>(null);
  useShortcuts(chat, field);
  useTabTitle();

  useEffect(() => {
    const back = () => view.setState({ route: routeOf(location.pathname), dialog: null, drawerOpen: false });
    addEventListener('popstate', back);
    return () => removeEventListener('popstate', back);
  }, []);

  // The drawer covers the page: focus moves into it, and back when it closes.
  useEffect(() => {
    if (!drawer) return;
    const before = document.activeElement;
    document.querySelector<HTMLElement>('#sidebar a')?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, [drawer]);

  useEffect(() => {
    if (route.name === 'pipeline') chat.client.open(null);
  }, [chat, route]);

  return (
    <div className={`shell${drawer ? ' drawer-open' : ''}${sidebarCollapsed ? ' sidebar-collapsed' : ''}`}>
      <a className="skip-link" href="#main">
        Skip to the conversation
      </a>
      <Sidebar />
      <button
        type="button"
        className="drawer-backdrop"
        aria-label="Close the sidebar"
        tabIndex={-1}
        onClick={() => view.setState({ drawerOpen: false })}
      />
      <main className="main" id="main" tabIndex={-1} inert={drawer}>
        <Topbar />
        <Banner />
        {route.name === 'pipeline' ? (
          <PipelineView />
        ) : (
          <ChatView id={route.name === 'chat' ? route.id : null} field={field} />
        )}
      </main>
      {dialog === 'palette' && <Palette />}
      {dialog === 'keys' && <ShortcutsDialog />}
      <Toasts />
      <Announcer />
    </div>
  );
}
