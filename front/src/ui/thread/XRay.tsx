/** A turn's stages in the pipeline: a small bar with the total, or the list of stages. */
import type { XRay } from '../../chat/xray';
import { duration } from '../format';

function Bar({ xray }: { xray: XRay }) {
  const total = xray.stages.reduce((sum, stage) => sum + stage.ms, 0);
  return (
    <span className="bar" aria-hidden="true">
      {xray.stages.map((stage) => (
        <span
          key={stage.name}
          className={stage.kind}
          title={`${stage.name}: ${duration(stage.ms)}`}
          style={{ flexGrow: total > 0 ? stage.ms : 1 }}
        />
      ))}
    </span>
  );
}

export function XRayButton({ xray, open, onToggle, id }: { xray: XRay; open: boolean; onToggle(): void; id: string }) {
  return (
    <button
      type="button"
      className="xray-button"
      aria-expanded={open}
      aria-controls={id}
      onClick={onToggle}
      title="The way of this reply through the pipeline"
    >
      <Bar xray={xray} />
      {xray.totalMs === null ? 'route' : duration(xray.totalMs)}
      <span className="visually-hidden">, show the way of this reply through the pipeline</span>
    </button>
  );
}

export function XRayDetails({ xray, id, live }: { xray: XRay; id: string; live: boolean }) {
  return (
    <section className="xray" id={id} aria-label="Stages of this reply through the pipeline">
      <Bar xray={xray} />
      <ol className="xray-stages">
        {xray.stages.map((stage) => (
          <li key={stage.name}>
            <span className={`swatch ${stage.kind}`} />
            <span>{stage.name}</span>
            <span className="ms">{duration(stage.ms)}</span>
          </li>
        ))}
      </ol>
      {xray.attempts.length > 1 && (
        <ol className="xray-note">
          {xray.attempts.map((one) => (
            <li key={one.attempt}>
              Attempt {one.attempt}: {one.worker}
              {one.attempt > 1 ? `, ${duration(one.afterMs)} after the first was picked up` : ''}
            </li>
          ))}
        </ol>
      )}
      <p className="xray-note">
        {live
          ? 'Still open: the numbers move until the last part is said.'
          : 'The recorder stores it in Postgres from the same log, in the background.'}
      </p>
    </section>
  );
}
