/** A turn's stages in the pipeline: a small bar with the total, or the list of stages. */
import type { XRay } from '../../chat/xray';
import { duration } from '../format';
import { Icon } from '../Icon';
import { shortcutOfLast } from '../shortcuts';

export function Bar({ xray }: { xray: XRay }) {
  return (
    <span className="bar" aria-hidden="true">
      {xray.stages.map((stage) => (
        <span
          key={stage.name}
          className={stage.kind}
          title={`${stage.name}: ${duration(stage.ms)}`}
          style={{ flexGrow: xray.totalMs > 0 ? stage.ms : 1 }}
        />
      ))}
    </span>
  );
}

interface ButtonProps {
  xray: XRay;
  open: boolean;
  id: string;
  /** It belongs to the last reply, for which there is a shortcut. */
  last: boolean;
  onToggle(): void;
}

export function XRayButton({ xray, open, id, last, onToggle }: ButtonProps) {
  return (
    <button
      type="button"
      className="xray-button"
      aria-expanded={open}
      aria-controls={id}
      onClick={onToggle}
      title={shortcutOfLast('The stages of this reply in the pipeline', 'stages', last)}
    >
      <Bar xray={xray} />
      {duration(xray.totalMs)}
      <span className="visually-hidden">, show the stages of this reply in the pipeline</span>
    </button>
  );
}

/** `onReplay` is there where this tab has recorded the turn. */
export function XRayDetails({ xray, id, onReplay }: { xray: XRay; id: string; onReplay: (() => void) | null }) {
  return (
    <section className="xray" id={id} aria-label="Stages of this reply in the pipeline">
      <Bar xray={xray} />
      <XRayStages xray={xray} />
      {onReplay && (
        <button type="button" className="small-button" onClick={onReplay}>
          <Icon name="route" /> Replay this turn
        </button>
      )}
    </section>
  );
}

export function XRayStages({ xray }: { xray: XRay }) {
  return (
    <>
      <ol className="xray-stages">
        {xray.stages.map((stage) => (
          <li key={stage.name}>
            <span className={`swatch ${stage.kind}`} />
            <span>{stage.name}</span>
            <span className="ms">{duration(stage.ms)}</span>
          </li>
        ))}
        <li className="xray-total">
          <span />
          <span>in all</span>
          <span className="ms">{duration(xray.totalMs)}</span>
        </li>
        {xray.storedMs !== null && (
          <li>
            <span className="swatch stored" />
            <span>after that, stored in Postgres</span>
            <span className="ms">{duration(xray.storedMs)}</span>
          </li>
        )}
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
    </>
  );
}
