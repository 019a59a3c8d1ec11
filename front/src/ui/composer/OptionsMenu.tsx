/** How the mock shall answer: its speed, and a seed so that it answers the same again. */
import type { SendOptions } from '../../protocol/wire';
import { PROFILES } from './commands';

export function OptionsMenu({ options, onChange }: { options: SendOptions; onChange(options: SendOptions): void }) {
  const change = (key: 'profile' | 'seed', value: string) => {
    const { [key]: _was, ...rest } = options;
    if (value === '') onChange(rest);
    else onChange(key === 'seed' ? { ...rest, seed: Number(value) } : { ...rest, profile: value });
  };
  return (
    <section className="options" aria-label="How the mock answers">
      <label>
        Speed
        <select value={options.profile ?? ''} onChange={(event) => change('profile', event.target.value)}>
          {PROFILES.map((profile) => (
            <option key={profile.name} value={profile.name}>
              {profile.help}
            </option>
          ))}
        </select>
      </label>
      <label>
        Seed
        <input
          type="number"
          inputMode="numeric"
          min={0}
          max={2147483647}
          placeholder="none"
          value={options.seed ?? ''}
          onChange={(event) => change('seed', event.target.value.replace(/\D/g, ''))}
        />
        <small>With the message’s id it decides every word, so a run can be repeated.</small>
      </label>
    </section>
  );
}
