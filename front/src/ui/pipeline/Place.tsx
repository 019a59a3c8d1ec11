/** One box of the picture: a name, what it is, and the numbers that are known. */
import type { ReactNode } from 'react';
import { count } from '../format';

interface Props {
  name: string;
  kind: string;
  look?: string;
  href?: string | null | undefined;
  numbers: readonly (readonly [string, number | string | null | undefined])[];
  children?: ReactNode;
}

/** Null means: nobody knows, and then nothing is shown. */
export function Place({ name, kind, look = '', href, numbers, children }: Props) {
  const known = numbers.filter(([, value]) => value !== null && value !== undefined);
  return (
    <li className={`place ${look}`}>
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
          {known.map(([label, value]) => [
            <dt key={label}>{label}</dt>,
            <dd key={`${label} value`}>{typeof value === 'number' ? count(value) : value}</dd>,
          ])}
        </dl>
      )}
      {children}
    </li>
  );
}
