/** A number with a button on either side. */
import { useId } from 'react';

interface Props {
  label: string;
  value: number;
  min: number;
  max: number;
  onChange(value: number): void;
}

export function Stepper({ label, value, min, max, onChange }: Props) {
  const id = useId();
  return (
    <div className="stepper">
      <label htmlFor={id}>{label}</label>
      <button
        type="button"
        className="button"
        aria-label={`Fewer ${label}`}
        disabled={value <= min}
        onClick={() => onChange(value - 1)}
      >
        −
      </button>
      <input
        id={id}
        type="number"
        min={min}
        max={max}
        value={value}
        onChange={(event) => {
          const next = event.target.valueAsNumber;
          if (Number.isInteger(next) && next >= min && next <= max) onChange(next);
        }}
      />
      <button
        type="button"
        className="button"
        aria-label={`More ${label}`}
        disabled={value >= max}
        onClick={() => onChange(value + 1)}
      >
        +
      </button>
    </div>
  );
}
