/** A moment of a trace: the conversation as it stood, the entries around the playhead, and the frame itself. */
import type { Reply, Turn } from '../chat/state';
import { pathOf } from '../chat/tree';
import { xrayOf } from '../chat/xray';
import { Markdown } from '../ui/markdown/Markdown';
import { Bar } from '../ui/thread/XRay';
import { frameName } from './frame-name';
import { latestConversation } from './moment';
import type { TimeTravel } from './useTimeTravel';

const AROUND = 4; // entries shown on either side of the playhead

function stateOf(turn: Turn, reply: Reply | undefined): string {
  if (!reply) return turn.closed ? 'There is no reply.' : 'It waits in chat_queue.';
  const worker = reply.attempts.at(-1)?.worker ?? 'a responder';
  if (reply.end === null) return `${worker} has it: ${reply.parts} ${reply.parts === 1 ? 'part' : 'parts'} so far.`;
  if (reply.end.kind === 'failed') return `The reply failed. ${reply.end.error.detail}`;
  return reply.end.kind === 'stopped' ? 'Stopped.' : `Whole, in ${reply.parts} parts.`;
}

function MomentThread({ time }: { time: TimeTravel }) {
  const { state } = time;
  const id = latestConversation(time.trace?.entries ?? [], time.count);
  const path = state && id ? pathOf(state.threads[id]?.turns ?? [], undefined) : [];
  return (
    <section className="moment-thread" aria-label="The conversation at that moment" tabIndex={0}>
      <h2>The conversation</h2>
      {path.length === 0 && <p className="moment-note">Nothing has been said yet.</p>}
      {path.map(({ turn, version }) => {
        const reply = turn.replies[version];
        const xray = reply && xrayOf(turn, reply, state?.clocks[turn.id]);
        return (
          <article key={turn.id}>
            <p className="bubble" dir="auto">
              {turn.text}
            </p>
            {reply?.text && <Markdown text={reply.text} growing={reply.end === null} />}
            <p className="moment-note">
              {stateOf(turn, reply)} {xray && xray.stages.length > 0 && <Bar xray={xray} />}
            </p>
          </article>
        );
      })}
    </section>
  );
}

function Entries({ time }: { time: TimeTravel }) {
  const { trace, count, times } = time;
  const entries = trace?.entries ?? [];
  const first = Math.max(0, Math.min(count - 1 - AROUND, entries.length - 2 * AROUND - 1));
  return (
    <ol className="moment-entries" aria-label="Entries around this moment">
      {entries.slice(first, first + 2 * AROUND + 1).map((entry, offset) => {
        const place = first + offset + 1;
        return (
          <li key={place}>
            <button type="button" aria-current={place === count ? 'step' : undefined} onClick={() => time.seek(place)}>
              <span>{((times[place - 1] ?? 0) / 1000).toFixed(3)}</span> {frameName(entry)}
            </button>
          </li>
        );
      })}
    </ol>
  );
}

export function Moment({ time }: { time: TimeTravel }) {
  const entry = time.trace?.entries[time.count - 1];
  return (
    <div className="moment">
      <MomentThread time={time} />
      <section aria-label="The frame at that moment">
        <h2>The frame</h2>
        <Entries time={time} />
        <pre className="lab-json" tabIndex={0}>
          {entry ? JSON.stringify(entry, null, 2) : 'Before the first entry.'}
        </pre>
      </section>
    </div>
  );
}
