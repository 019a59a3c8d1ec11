/** Short messages at the bottom of the page. */
import { createStore } from 'zustand/vanilla';

interface Toast {
  id: number;
  text: string;
  action?: { name: string; run(): void };
}

const MAX_SHOWN = 3;
const SHOWN_MS = 6_000;

export const toasts = createStore<readonly Toast[]>(() => []);
let count = 0;

/** Shows a message, which disappears by itself, or with `dismissToast`. Returns its id. */
export function toast(text: string, action?: Toast['action'], shownMs = SHOWN_MS): number {
  count += 1;
  const id = count;
  const shown = toasts.getState().slice(1 - MAX_SHOWN);
  toasts.setState([...shown, { id, text, ...(action ? { action } : {}) }], true);
  setTimeout(() => dismissToast(id), shownMs);
  return id;
}

export function dismissToast(id: number): void {
  toasts.setState(
    toasts.getState().filter((one) => one.id !== id),
    true,
  );
}
