/** The pipeline as a list of boxes in the order of a message's way; CSS lays them out as a diagram where there is room. */
import { RequestPath } from './RequestPath';
import { ResponsePath } from './ResponsePath';
import type { Snapshot } from './snapshot';

/** `reachable`: the backend answers; otherwise the numbers are old, and every box is marked. */
export function Diagram({ snapshot, reachable = true }: { snapshot: Snapshot; reachable?: boolean }) {
  return (
    <ol className={reachable ? 'diagram' : 'diagram unreachable'} aria-label="The route of a message">
      <RequestPath snapshot={snapshot} />
      <ResponsePath snapshot={snapshot} />
    </ol>
  );
}
