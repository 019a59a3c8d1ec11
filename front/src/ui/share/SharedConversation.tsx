/** A conversation as a page of its own, for people who have no server: nothing on it needs a script. */
import type { Clock, Reply, Turn } from '../../chat/state';
import type { Step } from '../../chat/tree';
import { xrayOf } from '../../chat/xray';
import { dayName, duration, exactTime } from '../format';
import { MarkdownText } from '../markdown/MarkdownText';
import { optionsText } from '../options';
import { Bar, XRayStages } from '../thread/XRay';

interface Props {
  title: string;
  path: readonly Step[];
  clocks: Readonly<Record<string, Clock>>;
}

export function SharedConversation({ title, path, clocks }: Props) {
  const first = path[0]?.turn.at;
  return (
    <main>
      <header>
        <h1 dir="auto">{title}</h1>
        <p>
          {first && `${dayName(first, new Date(0))}. `}A conversation with Myna, a mock AI: answers are invented, the
          pipeline behind them is real. The bar below a reply opens its stages in the pipeline.
        </p>
      </header>
      {path.map(({ turn, version }) => {
        const reply = turn.replies[version];
        return (
          <article key={turn.id}>
            <h2 className="visually-hidden">You said</h2>
            <div className="bubble" dir="auto" title={exactTime(turn.at)}>
              {turn.text}
            </div>
            <h2 className="visually-hidden">Myna said</h2>
            {reply ? <SharedReply turn={turn} reply={reply} clock={clocks[turn.id]} /> : <p>There is no reply yet.</p>}
          </article>
        );
      })}
    </main>
  );
}

function outcomeOf({ end }: Reply): string {
  if (end === null) return 'The reply was still being made.';
  if (end.kind === 'stopped') return 'Stopped here.';
  if (end.kind === 'failed') return `The reply failed. ${end.error.detail}`;
  return end.reason === 'length' ? 'Cut at its longest.' : '';
}

function SharedReply({ turn, reply, clock }: { turn: Turn; reply: Reply; clock: Clock | undefined }) {
  const xray = xrayOf(turn, reply, clock);
  const outcome = outcomeOf(reply);
  return (
    <>
      <div className="prose">
        <MarkdownText text={reply.text} growing={false} />
      </div>
      {outcome && <p className="outcome">{outcome}</p>}
      {xray.stages.length > 0 && (
        <details>
          <summary>
            <Bar xray={xray} /> {duration(xray.totalMs)}
            {reply.options && <span> · {optionsText(reply.options)}</span>}
          </summary>
          <XRayStages xray={xray} />
        </details>
      )}
    </>
  );
}
