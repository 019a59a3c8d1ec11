/** The pipeline as a list of boxes in the order of a message's way; CSS lays them out as a diagram where there is room. */

import { RequestPath } from './RequestPath';
import { ResponsePath } from './ResponsePath';
import type { Snapshot } from './snapshot';

export function Diagram({ snapshot }: { snapshot: Snapshot }) {
  return (
    <ol className="diagram" aria-label="The route of a message">
      <RequestPath snapshot={snapshot} />
      <ResponsePath snapshot={snapshot} />
    </ol>
  );
}
