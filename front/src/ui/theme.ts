/** The colour theme: the system's, or a choice that is saved in this browser. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';

export type Theme = 'system' | 'light' | 'dark';

const THEME_KEY = 'myna-theme'; // also read by public/theme.js before the first paint

const theme = createStore<{ theme: Theme }>(() => ({ theme: 'system' }));

export function useTheme(): Theme {
  return useStore(theme, (state) => state.theme);
}

/** Takes over what public/theme.js set before the first paint. */
export function restoreTheme(): void {
  const saved = document.documentElement.dataset.theme;
  if (saved === 'light' || saved === 'dark') theme.setState({ theme: saved });
}

export function setTheme(next: Theme): void {
  theme.setState({ theme: next });
  if (next === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    if (next === 'system') localStorage.removeItem(THEME_KEY);
    else localStorage.setItem(THEME_KEY, next);
  } catch {
    // Storage refused: the choice lasts for this visit.
  }
}
