/** Puts a component on a page of its own, over a real store and a client that never connects. */
import { render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { ChatClient } from '../../src/chat/client';
import type { Action } from '../../src/chat/reducer';
import { MemoryStorage } from '../../src/chat/storage';
import { ChatStore } from '../../src/chat/store';
import { ChatApi } from '../../src/transport/api';
import { ChatContext } from '../../src/ui/context';

export function chatWith(...actions: Action[]) {
  const store = new ChatStore((job) => job());
  const answer = async () => new Response(JSON.stringify({ items: [], next: null }), { status: 200 });
  const api = new ChatApi('', answer as typeof fetch);
  const client = new ChatClient({ api, store, storage: new MemoryStorage(), socket: { url: 'ws://nowhere' } });
  store.dispatch(...actions);
  return { store, api, client };
}

export function show(node: ReactNode, ...actions: Action[]) {
  const chat = chatWith(...actions);
  return { chat, ...render(<ChatContext value={chat}>{node}</ChatContext>) };
}
