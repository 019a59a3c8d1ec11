/** The tab's title and icon: the conversation, and whether replies run or are unread. */
import { useEffect } from 'react';
import { useChatState } from '../ui/context';
import { displayTitle } from '../ui/title';
import { useView, viewName } from '../ui/view';

export function titleOf(name: string | undefined, running: number, unread: number): string {
  const state = running > 0 ? '… ' : unread > 0 ? `(${unread}) ` : '';
  return `${state}${name ? `${name} · Myna` : 'Myna'}`;
}

export function useTabTitle(): void {
  const route = useView((state) => state.route);
  const name = useChatState((state) =>
    route.name === 'chat'
      ? displayTitle(state.conversations[route.id]?.title ?? '')
      : route.name === 'new'
        ? undefined
        : viewName(route.name),
  );
  const running = useChatState((state) => Object.keys(state.active).length);
  const unread = useChatState((state) => Object.keys(state.unread).length);
  useEffect(() => {
    document.title = titleOf(name, running, unread);
  }, [name, running, unread]);
  const busy = running > 0 || unread > 0;
  useEffect(() => {
    document
      .querySelector<HTMLLinkElement>('link[rel="icon"]')
      ?.setAttribute('href', busy ? '/favicon-running.svg' : '/favicon.svg');
  }, [busy]);
}
