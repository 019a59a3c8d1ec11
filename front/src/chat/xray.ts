/** One turn's stages in the pipeline, in milliseconds, from its events and timings. Pure. */
import type { Clock, Reply, Turn } from './state';

export type StageKind = 'client' | 'queued' | 'thinking' | 'streaming' | 'stored';

export interface Stage {
  kind: StageKind;
  name: string;
  ms: number;
}

export interface XRay {
  stages: readonly Stage[];
  /** From acceptance to the last part. */
  totalMs: number | null;
  attempts: readonly { attempt: number; worker: string; afterMs: number }[];
}

function between(from: string | null | undefined, to: string | null | undefined): number | null {
  if (!from || !to) return null;
  const ms = Date.parse(to) - Date.parse(from);
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

function push(stages: Stage[], kind: StageKind, name: string, ms: number | null | undefined): void {
  if (ms !== null && ms !== undefined) stages.push({ kind, name, ms: Math.max(0, Math.round(ms)) });
}

/** This page's clock measures its own steps, the server's clock the rest: the two are never subtracted. */
export function xrayOf(turn: Turn, reply: Reply, clock: Clock | undefined): XRay {
  const stages: Stage[] = [];
  const first = turn.replies[0]?.id === reply.id;
  const begin = reply.attempts[0];
  if (first && clock?.sent) push(stages, 'client', 'typed, then sent', clock.sent - clock.typed);
  if (first && clock?.sent && clock.accepted)
    push(stages, 'client', 'accepted by the broker', clock.accepted - clock.sent);
  const worker = begin?.worker ? `picked up by ${begin.worker}` : 'picked up';
  const { timings } = reply;
  if (timings) {
    push(stages, 'queued', `waited in chat_queue, ${worker}`, timings.queued_ms);
    push(stages, 'thinking', 'thought about the first part', timings.first_part_ms);
    push(
      stages,
      'streaming',
      `said ${reply.parts} ${reply.parts === 1 ? 'part' : 'parts'}`,
      timings.total_ms - timings.queued_ms - (timings.first_part_ms ?? 0),
    );
  } else {
    if (first) push(stages, 'queued', `waited in chat_queue, ${worker}`, between(turn.at, begin?.at));
    push(stages, 'thinking', 'thought about the first part', between(begin?.at, reply.firstAt));
    push(
      stages,
      'streaming',
      `said ${reply.parts} ${reply.parts === 1 ? 'part' : 'parts'}`,
      between(reply.firstAt, reply.endAt ?? reply.lastAt),
    );
  }
  const end =
    reply.endAt ??
    (timings ? new Date(Date.parse(reply.at) + timings.total_ms - timings.queued_ms).toISOString() : null);
  const stored = between(end, reply.storedAt);
  const own = stages.filter((stage) => stage.kind !== 'client');
  push(stages, 'stored', 'stored in Postgres', stored);
  return {
    stages,
    totalMs: timings?.total_ms ?? (own.length > 0 ? own.reduce((sum, stage) => sum + stage.ms, 0) : null),
    attempts: reply.attempts.map(({ attempt, worker: name, at }) => ({
      attempt,
      worker: name,
      afterMs: between(begin?.at, at) ?? 0,
    })),
  };
}
