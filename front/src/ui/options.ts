/** Reply options in words. */
import type { SendOptions } from '../protocol/wire';

/** "fast, seed 7"; empty without any. */
export function optionsText({ profile, seed, scenario }: SendOptions): string {
  return [profile, seed === undefined ? undefined : `seed ${seed}`, scenario].filter(Boolean).join(', ');
}
