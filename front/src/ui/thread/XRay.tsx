/** A turn's way through the pipeline: folded into a line, opened into a list of stages. */
import type { XRay as Facts } from '../../chat/xray';
import { duration } from '../format';

function Bar({ facts }: { facts: Facts }) {
  const whole = facts.stages.reduce((sum, stage) => sum + stage.ms, 0);
  return (
    <span className="bar" aria-hidden="true">
      {facts.stages.map((stage) => (
        <span
          key={stage.name}
          className={stage.kind}
          title={`${stage.name}: ${duration(stage.ms)}`}
          style={{ flexGrow: whole > 0 ? stage.ms : 1 }}
        />
      ))}
    </span>
  );
}

export function XRayLine({ facts, open, onToggle, id }: { facts: Facts; open: boolean; onToggle(): void; id: string }) {
  return (
    <button
      type="button"
      className="xray-line"
      aria-expanded={open}
      aria-controls={id}
      onClick={onToggle}
      title="The way of this reply through the pipeline"
    >
      <Bar facts={facts} />
      {facts.totalMs === null ? 'route' : duration(facts.totalMs)}
      <span className="spoken-only">, show the way of this reply through the pipeline</span>
    </button>
  );
}

export function XRayDetails({ facts, id, live }: { facts: Facts; id: string; live: boolean }) {
  return (
    <section className="xray" id={id} aria-label="Way of this reply through the pipeline">
      <Bar facts={facts} />
      <ol className="xray-stages">
        {facts.stages.map((stage) => (
          <li key={stage.name}>
            <span className={`swatch ${stage.kind}`} />
            <span>{stage.name}</span>
            <span className="ms">{duration(stage.ms)}</span>
          </li>
        ))}
      </ol>
      {facts.attempts.length > 1 && (
        <ol className="xray-note">
          {facts.attempts.map((one) => (
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
