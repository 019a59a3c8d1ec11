/** Settings of the page that are saved in this browser. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { SendOptions } from '../protocol/wire';

export type SendKey = 'Enter' | 'Ctrl+Enter';

interface Settings {
  sendKey: SendKey;
  /** The profile with which a new conversation begins; empty: as the server is set. */
  speed: string;
}

const KEYS: Record<keyof Settings, string> = { sendKey: 'myna-send-key', speed: 'myna-speed' };

const settings = createStore<Settings>(() => ({
  sendKey: read('sendKey') === 'Ctrl+Enter' ? 'Ctrl+Enter' : 'Enter',
  speed: read('speed') ?? '',
}));

function read(name: keyof Settings): string | null {
  try {
    return localStorage.getItem(KEYS[name]);
  } catch {
    return null; // storage refused
  }
}

function choose(chosen: Partial<Settings>): void {
  settings.setState(chosen);
  try {
    for (const [name, value] of Object.entries(chosen)) localStorage.setItem(KEYS[name as keyof Settings], value);
  } catch {
    // Storage refused: the choice lasts for this visit.
  }
}

export function useSendKey(): SendKey {
  return useStore(settings, (state) => state.sendKey);
}

export function setSendKey(sendKey: SendKey): void {
  choose({ sendKey });
}

export function useSpeed(): string {
  return useStore(settings, (state) => state.speed);
}

export function setSpeed(speed: string): void {
  choose({ speed });
}

/** The options with which a new conversation begins. */
export function firstOptions(): SendOptions {
  const { speed } = settings.getState();
  return speed ? { profile: speed } : {};
}
