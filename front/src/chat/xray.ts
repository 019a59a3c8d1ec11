/** One turn's stages in the pipeline, in milliseconds, from its events and timings. Pure. */
import type { Clock, Reply, Turn } from './state';

export type StageKind = 'held' | 'client' | 'queued' | 'thinking' | 'streaming' | 'failed';

export interface Stage {
  kind: StageKind;
  name: string;
  ms: number;
}

export interface XRay {
  stages: readonly Stage[];
  /** The sum of the stages. */
  totalMs: number;
  /** From the end of the reply to its row in Postgres, outside of the total: nobody waits for it. */
  storedMs: number | null;
  attempts: readonly { attempt: number; worker: string; afterMs: number }[];
}

const HELD_MS = 50; // a shorter time between Enter and the socket is not worth a stage

function between(from: string | null | undefined, to: string | null | undefined): number | null {
  if (!from || !to) return null;
  const ms = Date.parse(to) - Date.parse(from);
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

function stage(kind: StageKind, name: string, ms: number | null | undefined): Stage[] {
  return ms === null || ms === undefined ? [] : [{ kind, name, ms: Math.max(0, Math.round(ms)) }];
}

/** Measured by this page's clock. */
function clientStages({ typed, sent, accepted }: Clock): Stage[] {
  if (!sent) return [];
  const heldMs = sent - typed;
  return [
    ...(heldMs >= HELD_MS ? stage('held', 'held on this page', heldMs) : []),
    ...(accepted ? stage('client', 'accepted by the broker', accepted - sent) : []),
  ];
}

/** Measured by the server's clock: from the timings of a complete reply, else from the times of its events. */
function serverStages(turn: Turn, reply: Reply, first: boolean): Stage[] {
  const begin = reply.attempts[0];
  const { timings } = reply;
  const queued = timings ? timings.queued_ms : first ? between(turn.at, begin?.at) : null;
  const thinking = timings ? timings.first_part_ms : between(begin?.at, reply.firstAt);
  const streaming = timings
    ? timings.total_ms - timings.queued_ms - (timings.first_part_ms ?? 0)
    : between(reply.firstAt, reply.lastAt);
  const failed =
    reply.end?.kind === 'failed' && !timings
      ? between(reply.firstAt ?? begin?.at, reply.endAt ?? reply.storedAt)
      : null;
  const worker = begin?.worker ? `picked up by ${begin.worker}` : 'picked up';
  return [
    ...stage('queued', `waited in chat_queue, ${worker}`, queued),
    ...stage('thinking', 'waited for the first part', thinking),
    ...stage('streaming', `streamed ${reply.parts} ${reply.parts === 1 ? 'part' : 'parts'}`, streaming),
    ...stage('failed', 'tried until it failed', failed),
  ];
}

function endOf(reply: Reply): string | null {
  if (reply.endAt || !reply.timings) return reply.endAt;
  const { total_ms, queued_ms } = reply.timings;
  return new Date(Date.parse(reply.at) + total_ms - queued_ms).toISOString();
}

/** The two clocks are never subtracted from each other. */
export function xrayOf(turn: Turn, reply: Reply, clock: Clock | undefined): XRay {
  const first = turn.replies[0]?.id === reply.id;
  const stages = [...(first && clock ? clientStages(clock) : []), ...serverStages(turn, reply, first)];
  const begin = reply.attempts[0];
  return {
    stages,
    totalMs: stages.reduce((sum, one) => sum + one.ms, 0),
    storedMs: between(endOf(reply), reply.storedAt),
    attempts: reply.attempts.map(({ attempt, worker, at }) => ({
      attempt,
      worker,
      afterMs: between(begin?.at, at) ?? 0,
    })),
  };
}
