/** The tones of both themes: text that can be read, and surfaces that can be told apart. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const CSS = readFileSync(new URL('../../src/ui/style/tokens.css', import.meta.url), 'utf8');
const THEMES = { light: 1, dark: 2 } as const;

function tone(name: string, theme: keyof typeof THEMES): string {
  const found = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(CSS);
  const value = found?.[THEMES[theme]];
  if (!value) throw new Error(`There is no token --${name}.`);
  return value;
}

/** Relative luminance, WCAG 2.2. */
function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((from) => {
    const channel = Number.parseInt(color.slice(from, from + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

describe.each(['light', 'dark'] as const)('the %s theme', (theme) => {
  it.each([
    ['surface', 'paper', 1.13],
    ['hover', 'surface', 1.25],
    ['selected', 'surface', 1.4],
    ['line-strong', 'paper', 3],
    ['accent', 'paper', 3],
    ['machine', 'paper', 3],
  ])('sets %s apart from %s by %f:1', (one, other, least) => {
    expect(contrast(tone(one, theme), tone(other, theme))).toBeGreaterThanOrEqual(least);
  });

  it.each([
    ['ink', 'paper'],
    ['ink', 'surface'],
    ['ink', 'hover'],
    ['ink', 'selected'],
    ['ink', 'accent-wash'],
    ['ink-soft', 'paper'],
    ['ink-soft', 'surface'],
    ['ink-soft', 'raised'],
    ['ink-soft', 'hover'],
    ['accent-ink', 'paper'],
    ['accent-ink', 'raised'],
    ['machine', 'paper'],
    ['bad', 'raised'],
    ['on-ink', 'ink'],
  ])('has readable text: %s on %s', (text, ground) => {
    expect(contrast(tone(text, theme), tone(ground, theme))).toBeGreaterThanOrEqual(4.5);
  });
});
