/** Reply options in words. */
import type { SendOptions } from '../protocol/wire';

/** A seed of 64 bits, as /v1 makes one of a request's content, has no exact number in JavaScript: it can't be sent again. */
export function isRepeatable({ seed }: SendOptions): boolean {
  return seed === undefined || Number.isSafeInteger(seed);
}

/** "fast, seed 7"; empty without any. */
export function optionsText(options: SendOptions): string {
  const { profile, seed, scenario } = options;
  const seeded = isRepeatable(options) ? `seed ${seed}` : 'seeded by its content';
  return [profile, seed === undefined ? undefined : seeded, scenario].filter(Boolean).join(', ');
}
