/** Ways to another view of the pipeline: back in time, a trace from a file, the example, the board. */
import type { Ref } from 'react';
import { Icon } from '../ui/Icon';
import { navigate } from '../ui/view';
import type { Trace } from './trace';
import { chooseTrace, exampleTrace } from './trace-files';

interface Props {
  /** To the button that rewinds. */
  ref: Ref<HTMLButtonElement>;
  onOpen(trace: Trace): void;
  onRewind(): void;
}

export function TraceButtons({ ref, onOpen, onRewind }: Props) {
  return (
    <div className="button-row trace-buttons">
      <button ref={ref} type="button" className="small-button" onClick={onRewind}>
        <Icon name="clock" /> Rewind
      </button>
      <button type="button" className="small-button" onClick={() => chooseTrace(onOpen)}>
        <Icon name="load" /> Open a trace
      </button>
      <button
        type="button"
        className="small-button"
        onClick={() => void exampleTrace().then((trace) => trace && onOpen(trace))}
      >
        <Icon name="route" /> Example trace
      </button>
      <button type="button" className="small-button" onClick={() => navigate({ name: 'pipeline', at: 'board' })}>
        <Icon name="panel" /> Wall board
      </button>
    </div>
  );
}
