/** The pipeline as a list of boxes in the order of a message's way; CSS lays them out as a diagram where there is room. */
import type { Picture } from './picture';
import { RequestPath } from './RequestPath';
import { ResponsePath } from './ResponsePath';
import type { Snapshot } from './snapshot';

/** `reachable`: the backend answers; otherwise the numbers are old, and every box is marked. */
interface Props {
  snapshot: Snapshot;
  picture?: Picture | null;
  reachable?: boolean;
}

export function Diagram({ snapshot, picture = null, reachable = true }: Props) {
  return (
    <ol className={reachable ? 'diagram' : 'diagram unreachable'} aria-label="The route of a message">
      <RequestPath snapshot={snapshot} picture={picture} />
      <ResponsePath snapshot={snapshot} picture={picture} />
    </ol>
  );
}
