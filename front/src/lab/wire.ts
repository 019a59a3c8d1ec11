/** What the laboratory's routes answer; docs/laboratory.md says what each field means. */

/** A turn that is not over. Ids stand on one's own only. */
export interface OpenTurn {
  stage: 'waiting' | 'picked_up' | 'streaming';
  mine: boolean;
  offset: number | null;
  age_ms: number | null;
  worker: string | null;
  attempt: number;
  parts: number;
  conversation_id?: string;
  message_id?: string;
  reply_id?: string;
}

export interface NodeLedger {
  epoch: string;
  from: number;
  to: number;
  last: number | null;
  green: boolean;
  accepted: number;
  answered: number;
  open: number;
  failed: number;
  lost: number;
  doubled: number;
  out_of_order: number;
  leaked: number;
  broken: number;
  faults: string[];
}
