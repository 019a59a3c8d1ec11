/** One box of the pipeline diagram: a name, what it is, and its numbers. */
import { createContext, type ReactNode, useContext } from 'react';
import { count } from '../format';
import { Icon } from '../Icon';
import { type BoxName, numbersOf } from './numbers';
import type { Snapshot } from './snapshot';

/** Opens what is known of a box; without it the boxes can't be opened. */
export const OpenBoxContext = createContext<((name: BoxName) => void) | null>(null);

interface Props {
  name: BoxName;
  kind: string;
  variant?: string;
  href?: string | null | undefined;
  snapshot: Snapshot;
  children?: ReactNode;
}

/** Numbers that are null are unknown, and not shown. */
export function DiagramNode({ name, kind, variant = '', href, snapshot, children }: Props) {
  const open = useContext(OpenBoxContext);
  const known = numbersOf(name, snapshot).filter(([, value]) => value !== null && value !== undefined);
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
      {open && (
        <button type="button" className="box-open" aria-label={`Look into ${name}`} onClick={() => open(name)}>
          <Icon name="search" />
        </button>
      )}
      <p className="kind">{kind}</p>
      {known.length > 0 && (
        <dl>
          {known.map(([label, value, unit]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>
                {count(value)}
                {unit && <small> {unit}</small>}
              </dd>
            </div>
          ))}
        </dl>
      )}
      {children}
    </li>
  );
}
