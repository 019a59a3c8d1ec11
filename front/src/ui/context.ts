/** How components reach the chat: one context, one selector hook. */
import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import type { ChatClient } from '../chat/client';
import type { ChatState } from '../chat/state';
import type { ChatStore } from '../chat/store';
import type { ChatApi } from '../transport/api';

export interface Chat {
  client: ChatClient;
  store: ChatStore;
  api: ChatApi;
}

export const ChatContext = createContext<Chat | null>(null);

export function useChat(): Chat {
  const chat = useContext(ChatContext);
  if (!chat) throw new Error('This component stands outside of ChatContext.');
  return chat;
}

/** `select` must return the same object for the same state, or the component renders for nothing. */
export function useChatState<T>(select: (state: ChatState) => T): T {
  return useStore(useChat().store.zustand, select);
}
