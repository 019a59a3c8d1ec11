/** A number over the last minute as a curve, with its least and greatest value as text. */
import { count } from '../ui/format';

const WIDTH = 240;
const HEIGHT = 40;
const PLACES = 60; // seconds

interface Props {
  name: string;
  unit: string | undefined;
  /** One a second, the newest last. */
  values: readonly (number | null | undefined)[];
}

export function Sparkline({ name, unit = '', values }: Props) {
  const known = values.filter((value) => typeof value === 'number');
  const now = known.at(-1);
  if (now === undefined) return null;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const y = (value: number) => HEIGHT - 2 - ((HEIGHT - 4) * (value - low)) / (high - low || 1);
  const first = PLACES - known.length;
  const points = known.map((value, place) => `${((first + place) * WIDTH) / (PLACES - 1)},${y(value)}`);
  return (
    <div className="sparkline">
      <dt>{name}</dt>
      <dd>
        <strong>
          {count(now)} {unit}
        </strong>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <polyline points={points.join(' ')} />
        </svg>
        <small>
          {low === high ? 'unchanged' : `${count(low)} to ${count(high)} ${unit}`} over the last {known.length} s
        </small>
      </dd>
    </div>
  );
}
