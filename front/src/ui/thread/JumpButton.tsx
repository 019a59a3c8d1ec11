/** Leads back to the end of the conversation, and counts the turns that arrived meanwhile. */
import { useEffect, useState } from 'react';
import { Icon } from '../Icon';
import { withKeys } from '../shortcuts';
import type { Row } from './rows';

export function JumpButton({ rows, away, onJump }: { rows: readonly Row[]; away: boolean; onJump(): void }) {
  const last = rows.at(-1)?.id;
  const [seen, setSeen] = useState(last);
  useEffect(() => {
    if (!away) setSeen(last);
  }, [away, last]);
  if (!away) return null;
  const unseen = rows.length - 1 - rows.findLastIndex((row) => row.id === seen);
  return (
    <div className="jump">
      <button
        type="button"
        aria-label={unseen > 0 ? `${unseen} new. Jump to latest` : 'Jump to latest'}
        title={withKeys('Jump to latest', 'latest')}
        onClick={onJump}
      >
        <Icon name="down" />
        {unseen > 0 && <span className="jump-count">{unseen}</span>}
      </button>
    </div>
  );
}
