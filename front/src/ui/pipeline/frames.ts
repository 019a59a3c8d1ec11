/** Where the diagram gets its frames from: this tab's socket, or a trace that is played. */
import { createContext, useContext } from 'react';
import type { Listen } from '../../chat/recording';
import { useChat } from '../context';

export const FramesContext = createContext<Listen | null>(null);

export function useFrames(): Listen {
  const { client } = useChat();
  return useContext(FramesContext) ?? client.recorder.listen;
}
