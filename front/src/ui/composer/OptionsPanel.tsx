/** Reply options: the mock's speed profile, and a seed for repeatable replies. */
import { useId, useRef } from 'react';
import type { SendOptions } from '../../protocol/wire';
import { Icon } from '../Icon';
import { closeOnBlur } from '../Menu';
import { optionsText } from '../options';
import { withKeys } from '../shortcuts';
import { PROFILES } from './commands';

const MAX_SEED = 2_147_483_647; // the server takes 64 bits; JavaScript holds these exactly

/** The typed seed; undefined for an empty field, null for an invalid one. */
function seedOf(text: string): number | undefined | null {
  if (text === '') return undefined;
  return /^\d+$/.test(text) && Number(text) <= MAX_SEED ? Number(text) : null;
}

interface Props {
  options: SendOptions;
  onChange(options: SendOptions): void;
}

function OptionsFields({ options, onChange }: Props) {
  const hint = useId();
  const { profile, seed } = options;
  const change = (next: { profile: string | undefined; seed: number | undefined }) =>
    onChange({
      ...(next.profile ? { profile: next.profile } : {}),
      ...(next.seed === undefined ? {} : { seed: next.seed }),
    });
  const changeSeed = (text: string) => {
    const next = seedOf(text);
    if (next !== null) change({ profile, seed: next });
  };
  return (
    <>
      <label>
        Speed
        <select
          className="text-field"
          value={profile ?? ''}
          onChange={(event) => change({ profile: event.target.value, seed })}
        >
          {PROFILES.map((one) => (
            <option key={one.name} value={one.name}>
              {one.help}
            </option>
          ))}
        </select>
      </label>
      <label>
        Seed
        <input
          className="text-field"
          inputMode="numeric"
          autoComplete="off"
          placeholder="none"
          aria-describedby={hint}
          value={seed ?? ''}
          onChange={(event) => changeSeed(event.target.value)}
        />
      </label>
      <small id={hint}>
        The same text with the same seed gets the same reply. A whole number, at most {MAX_SEED.toLocaleString()}.
      </small>
    </>
  );
}

export function OptionsPanel({ options, onChange }: Props) {
  const id = useId();
  const panel = useRef<HTMLElement>(null);
  const summary = optionsText(options);
  return (
    <>
      <button
        type="button"
        className="small-button"
        popoverTarget={id}
        title={withKeys('How the mock answers', 'options')}
        aria-label={summary ? `How the mock answers: ${summary}` : 'How the mock answers'}
      >
        <Icon name="dial" />
        {summary && <span className="options-summary">{summary}</span>}
      </button>
      <section
        ref={panel}
        id={id}
        popover="auto"
        className="options"
        tabIndex={-1}
        aria-label="How the mock answers"
        onToggle={(event) => event.newState === 'open' && panel.current?.querySelector('select')?.focus()}
        onBlur={closeOnBlur}
      >
        <OptionsFields options={options} onChange={onChange} />
      </section>
    </>
  );
}
