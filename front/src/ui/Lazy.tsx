/** A part of the page whose code is loaded on demand; where it can't be, it says so and offers to try again. */
import type { ReactNode } from 'react';
import { type Chunk, useChunk } from './chunk';

interface Props<T> {
  source: Chunk<T>;
  children(module: T): ReactNode;
}

export function Lazy<T>({ source, children }: Props<T>) {
  const { value, failed } = useChunk(source);
  if (value) return children(value);
  if (!failed) return null;
  return (
    <div className="thread-placeholder" role="alert">
      <p>This part of the page could not be loaded.</p>
      <button type="button" className="button" onClick={source.load}>
        Load it again
      </button>
    </div>
  );
}
