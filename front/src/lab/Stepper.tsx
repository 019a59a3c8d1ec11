/** A number with a button on either side. */
import { useId, useState } from 'react';

interface Props {
  label: string;
  /** What the number is, where its label does not say it. */
  about?: string;
  value: number;
  min: number;
  max: number;
  /** The buttons multiply and divide by it; without it they count. */
  factor?: number;
  onChange(value: number): void;
}

export function Stepper({ label, about, value, min, max, factor, onChange }: Props) {
  const id = useId();
  // What is being typed counts when it is finished: on its way to 16 it is not 1.
  const [typed, setTyped] = useState<string | null>(null);
  const bounded = (wanted: number) => Math.max(min, Math.min(wanted, max));
  const fewer = bounded(factor ? Math.floor(value / factor) : value - 1);
  const more = bounded(factor ? value * factor : value + 1);
  const take = () => {
    const next = Number(typed);
    if (typed && Number.isInteger(next) && next >= min && next <= max && next !== value) onChange(next);
    setTyped(null);
  };
  return (
    <div className="stepper" title={about}>
      <label htmlFor={id}>{label}</label>
      <button
        type="button"
        className="button"
        aria-label={`Fewer ${label}`}
        aria-disabled={value <= min}
        onClick={() => fewer !== value && onChange(fewer)}
      >
        −
      </button>
      <input
        id={id}
        type="number"
        min={min}
        max={max}
        value={typed ?? value}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={take}
        onKeyDown={(event) => event.key === 'Enter' && take()}
      />
      <button
        type="button"
        className="button"
        aria-label={`More ${label}`}
        aria-disabled={value >= max}
        onClick={() => more !== value && onChange(more)}
      >
        +
      </button>
    </div>
  );
}
