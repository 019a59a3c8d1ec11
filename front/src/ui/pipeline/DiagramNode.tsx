/** One box of the pipeline diagram: a name, what it is, and its numbers. */
import type { ReactNode } from 'react';
import { count } from '../format';

interface Props {
  name: string;
  kind: string;
  variant?: string;
  href?: string | null | undefined;
  numbers: readonly (readonly [string, number | string | null | undefined])[];
  children?: ReactNode;
}

/** Numbers that are null are unknown, and not shown. */
export function DiagramNode({ name, kind, variant = '', href, numbers, children }: Props) {
  const known = numbers.filter(([, value]) => value !== null && value !== undefined);
  return (
    <li className={`box ${variant}`}>
      <h2>
        {href ? (
          <a href={href} target="_blank" rel="noopener">
            {name}
          </a>
        ) : (
          name
        )}
      </h2>
      <p className="kind">{kind}</p>
      {known.length > 0 && (
        <dl>
          {known.map(([label, value]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{typeof value === 'number' ? count(value) : value}</dd>
            </div>
          ))}
        </dl>
      )}
      {children}
    </li>
  );
}
