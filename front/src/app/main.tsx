/** The entry point: creates store, client and page; the page renders before the socket is open. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ChatClient } from '../chat/client';
import { BrowserStorage } from '../chat/storage';
import { ChatStore } from '../chat/store';
import { ChatApi } from '../transport/api';
import { ChatContext } from '../ui/context';
import { ErrorBoundary } from '../ui/ErrorBoundary';
import { restoreTheme } from '../ui/theme';
import { isFile, navigate, routeOf, showRoute } from '../ui/view';
import '../ui/style/index.css';
import { App } from './App';
import { preload } from './lazy-views';
import { PageFailure } from './PageFailure';

const api = new ChatApi();
const store = new ChatStore();
const socketUrl = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
const client = new ChatClient({
  api,
  store,
  storage: new BrowserStorage(),
  socket: { url: socketUrl, isOnline: () => navigator.onLine },
});

restoreTheme();
if (isFile(location.pathname)) showRoute(routeOf(location));
else navigate(routeOf(location), true); // an unknown address becomes that of the view shown

addEventListener('online', () => client.socket.retryNow());
addEventListener('offline', () => client.socket.networkLost());
addEventListener('pagehide', () => client.leavePage());
document.addEventListener('visibilitychange', () => {
  const on = document.visibilityState === 'visible';
  store.dispatch({ type: 'visible', on });
  // After sleep the socket may be dead: check at once.
  if (on) client.socket.retryNow();
});

const root = document.getElementById('root');
if (!root) throw new Error('The page has no #root.');
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary fallback={(retry, error) => <PageFailure error={error} onRetry={retry} />}>
      <ChatContext value={{ client, store, api }}>
        <App />
      </ChatContext>
    </ErrorBoundary>
  </StrictMode>,
);
void client.start();
(globalThis.requestIdleCallback ?? ((job: () => void) => setTimeout(job, 200)))(preload);
