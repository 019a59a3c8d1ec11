/** What the laboratory's routes answer; docs/laboratory.md says what each field means. */

/** The promises, counted by the node over the log from offset `from` to `to`. */
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

/** A parked message. `owner`, `conversation_id` and `text` are null where the body does not say. */
export interface DeadLetter {
  id: string;
  reason: string;
  detail: string;
  dead_lettered_at: string | null;
  headers: Record<string, string>;
  size: number;
  encoding: 'utf-8' | 'base64';
  body: string;
  cut: boolean;
  owner?: string | null;
  conversation_id?: string | null;
  text?: string | null;
}

export interface DeadLettersPage {
  items: DeadLetter[];
  next: string | null;
}
