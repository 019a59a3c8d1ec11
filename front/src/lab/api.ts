/** The laboratory's routes, one function each; docs/laboratory.md says what they take and answer. */
import type {
  DeadLettersPage,
  DeadLetterWhole,
  FaultBegun,
  Lab,
  LabLedger,
  LabResponders,
  LogLines,
  PipelineTurns,
  Requeued,
} from '../protocol/http';
import { type ChatApi, queryText } from '../transport/api';

export function pipelineTurns(api: ChatApi, cursor: string | undefined): Promise<PipelineTurns> {
  return api.request('GET', `/api/pipeline/turns${queryText({ cursor })}`);
}

export interface LogQuery {
  after?: number;
  before?: number;
  limit?: number;
  conversation_id?: string;
  reply_id?: string;
  type?: string;
  view?: 'own' | 'operator';
  wait_s?: number;
}

const LOG_TIMEOUT_MS = 40_000; // longer than `wait_s` may be

export function logPage(api: ChatApi, query: LogQuery): Promise<LogLines> {
  return api.request('GET', `/api/log${queryText({ ...query })}`, undefined, LOG_TIMEOUT_MS);
}

export function nodeLedger(api: ChatApi): Promise<LabLedger> {
  return api.request('GET', '/api/lab/ledger');
}

export interface DeadLettersQuery {
  limit?: number;
  before?: string;
  reason?: string;
}

export function deadLetters(api: ChatApi, query: DeadLettersQuery): Promise<DeadLettersPage> {
  return api.request('GET', `/api/dead-letters${queryText({ ...query })}`);
}

const letterPath = (id: string) => `/api/dead-letters/${encodeURIComponent(id)}`;

export function deadLetter(api: ChatApi, id: string): Promise<DeadLetterWhole> {
  return api.request('GET', letterPath(id));
}

/** Sends it on its way again, as it is or with another text. */
export function requeueDeadLetter(api: ChatApi, id: string, text: string | null): Promise<Requeued> {
  return api.request('POST', `${letterPath(id)}/requeue`, text === null ? undefined : { text });
}

export function dropDeadLetter(api: ChatApi, id: string): Promise<void> {
  return api.request('DELETE', letterPath(id));
}

export function laboratory(api: ChatApi): Promise<Lab> {
  return api.request('GET', '/api/lab');
}

export interface FaultOrder {
  seconds?: number;
  after_part?: number;
}

export function beginFault(api: ChatApi, name: string, order: FaultOrder = {}): Promise<FaultBegun> {
  return api.request('POST', `/api/lab/faults/${encodeURIComponent(name)}`, order);
}

export function setResponders(api: ChatApi, order: { count?: number; prefetch?: number }): Promise<LabResponders> {
  return api.request('PUT', '/api/lab/responders', order);
}
