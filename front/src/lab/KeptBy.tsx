/** Which file keeps a promise, and which test guards it. */
import { SourceLink } from './SourceLink';

export function KeptBy({ source, test }: { source: string; test: string }) {
  return (
    <dl className="drawer-files">
      <dt>kept by</dt>
      <dd>
        <SourceLink path={source} />
      </dd>
      <dt>guarded by</dt>
      <dd>
        <SourceLink path={test} />
      </dd>
    </dl>
  );
}
