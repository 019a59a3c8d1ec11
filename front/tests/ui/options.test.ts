/** How the options of a reply are told. */
import { describe, expect, it } from 'vitest';
import { isRepeatable, optionsText } from '../../src/ui/options';

describe('the options of a reply', () => {
  it('are told as they were chosen', () => {
    expect(optionsText({ profile: 'fast', seed: 7, scenario: 'tour' })).toBe('fast, seed 7, tour');
    expect(optionsText({})).toBe('');
  });

  it('claim no seed that JavaScript has no exact number for, and offer no repetition with it', () => {
    const digest = JSON.parse('{"seed": -2842007859728168123}');
    expect(optionsText(digest)).toBe('seeded by its content');
    expect(isRepeatable(digest)).toBe(false);
    expect(isRepeatable({ seed: 7 })).toBe(true);
    expect(isRepeatable({ profile: 'fast' })).toBe(true);
  });
});
