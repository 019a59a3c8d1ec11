// @vitest-environment happy-dom
/** Which key presses are a shortcut, on keyboards of other layouts too. */
import { describe, expect, it } from 'vitest';
import { isComposing, isShortcut } from '../../src/ui/shortcuts';

const press = (key: string, code: string, held: KeyboardEventInit = {}) =>
  new KeyboardEvent('keydown', { key, code, ...held });
const altShift = { altKey: true, shiftKey: true };

describe('a shortcut', () => {
  it('is the letter that the layout has there', () => {
    const z = press('Z', 'KeyY', altShift); // a German keyboard
    expect(isShortcut(z, 'undo')).toBe(true);
    expect(isShortcut(z, 'scenario')).toBe(false);
    const cut = press('x', 'KeyB', { ctrlKey: true }); // Dvorak
    expect(isShortcut(cut, 'sidebar')).toBe(false);
    expect(isShortcut(press(',', 'KeyM', { ctrlKey: true }), 'settings')).toBe(true); // French
  });

  it('is the place of the key where there is no Latin letter, or Alt makes another character', () => {
    expect(isShortcut(press('л', 'KeyK', { ctrlKey: true }), 'palette')).toBe(true);
    expect(isShortcut(press('π', 'KeyP', { altKey: true }), 'pipeline')).toBe(true);
    expect(isShortcut(press('!', 'Digit1', altShift), 'light')).toBe(true);
  });
});

describe('an input method', () => {
  it('composes also with the key that ends it, of which Safari says no more than 229', () => {
    expect(isComposing(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true }))).toBe(true);
    const last = new KeyboardEvent('keydown', { key: 'Enter' });
    Object.defineProperty(last, 'keyCode', { value: 229 });
    expect(isComposing(last)).toBe(true);
    expect(isComposing(new KeyboardEvent('keydown', { key: 'Enter' }))).toBe(false);
  });
});
