/** Settings of the page that are saved in this browser. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';

export type SendKey = 'Enter' | 'Ctrl+Enter';

const SEND_KEY = 'myna-send-key';

const settings = createStore<{ sendKey: SendKey }>(() => ({ sendKey: readSendKey() }));

function readSendKey(): SendKey {
  try {
    return localStorage.getItem(SEND_KEY) === 'Ctrl+Enter' ? 'Ctrl+Enter' : 'Enter';
  } catch {
    return 'Enter'; // storage refused
  }
}

export function useSendKey(): SendKey {
  return useStore(settings, (state) => state.sendKey);
}

export function setSendKey(sendKey: SendKey): void {
  settings.setState({ sendKey });
  try {
    localStorage.setItem(SEND_KEY, sendKey);
  } catch {
    // Storage refused: the choice lasts for this visit.
  }
}
