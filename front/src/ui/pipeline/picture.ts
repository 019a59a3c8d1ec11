/** What the picture draws to scale: every open turn, the responders, and the places in the log. Null is unknown. */
import type { PipelineResponder, PipelineTurn } from '../../protocol/http';

export type OpenTurn = Omit<PipelineTurn, 'offset' | 'age_ms'> & { offset: number | null; age_ms: number | null };

/** A reader's place in the log. */
export interface LogCursor {
  name: string;
  kind: 'tab' | 'relay' | 'stored';
  position: number;
}

export interface Picture {
  turns: readonly OpenTurn[];
  /** Open turns beyond those listed. */
  more: number;
  /** Messages that wait in the node and are not accepted yet. */
  held: number;
  responders: readonly PipelineResponder[];
  log: { first: number; last: number } | null;
  cursors: readonly LogCursor[];
}

export function waitingIn(picture: Picture): readonly OpenTurn[] {
  return picture.turns.filter((turn) => turn.stage === 'waiting');
}

/** The turns that a responder has in work. */
export function inHandOf(picture: Picture, worker: string): readonly OpenTurn[] {
  return picture.turns.filter((turn) => turn.stage !== 'waiting' && turn.worker === worker);
}
