/** One turn that can't be rendered leaves the other ones alone: its text is offered as it is. */
import type { ReactNode } from 'react';
import { CopyButton } from '../CopyButton';
import { ErrorBoundary } from '../ErrorBoundary';
import type { Row } from './rows';

function textOf(row: Row): string {
  if ('entry' in row) return row.entry.text;
  return [row.turn.text, ...row.turn.replies.map((reply) => reply.text)].join('\n\n');
}

export function TurnBoundary({ row, children }: { row: Row; children: ReactNode }) {
  return (
    <ErrorBoundary
      resetKey={'turn' in row ? row.turn : row.entry}
      fallback={(retry) => (
        <article className="turn" aria-label="A message that could not be shown">
          <div className="outcome failed">
            <span>This message could not be shown.</span>
            <button type="button" className="button" onClick={retry}>
              Try again
            </button>
            <CopyButton text={textOf(row)} label="Copy its text" showLabel />
          </div>
        </article>
      )}
    >
      {children}
    </ErrorBoundary>
  );
}
