/** One reply: its text, how it ended, what can be done with it. */
import { memo } from 'react';
import type { Clock, Reply, Turn } from '../../chat/state';
import { xrayOf } from '../../chat/xray';
import { CopyButton } from '../CopyButton';
import { useChat, useChatState } from '../context';
import { Icon } from '../Icon';
import { Markdown } from '../markdown/Markdown';
import { useView, view } from '../view';
import { Where } from './Where';
import { XRayDetails, XRayLine } from './XRay';

function toggleXray(id: string): void {
  view.setState(({ xrays }) => {
    const { [id]: was, ...rest } = xrays;
    return { xrays: was ? rest : { ...xrays, [id]: true } };
  });
}

function Ending({ reply, onAgain }: { reply: Reply; onAgain(): void }) {
  if (reply.end?.kind === 'stopped')
    return <div className="ending">{reply.text ? 'Stopped here.' : 'Stopped before the first word.'}</div>;
  if (reply.end?.kind === 'complete')
    return reply.end.reason === 'length' ? <div className="ending">Cut at its longest.</div> : null;
  if (reply.end?.kind !== 'failed') return null;
  return (
    <div className="ending failed">
      <span>
        The reply failed. {reply.end.error.detail}
        {reply.end.error.code === 'parked' || reply.end.error.code === 'delivery_limit'
          ? ' The message is kept in chat_dead_letters.'
          : ''}
      </span>
      {reply.end.error.retryable && (
        <button type="button" className="button" onClick={onAgain}>
          <Icon name="again" /> Try again
        </button>
      )}
    </div>
  );
}

function Versions({ turn, at, count }: { turn: string; at: number; count: number }) {
  const choose = (next: number) => view.setState(({ versions }) => ({ versions: { ...versions, [turn]: next } }));
  return (
    <fieldset className="versions" style={{ border: 0, margin: 0, padding: 0 }}>
      <legend className="spoken-only">Versions of this reply</legend>
      <button
        type="button"
        className="icon-button"
        aria-label="Version before"
        disabled={at === 0}
        onClick={() => choose(at - 1)}
      >
        <Icon name="left" />
      </button>
      <span>
        {at + 1}/{count}
      </span>
      <button
        type="button"
        className="icon-button"
        aria-label="Version after"
        disabled={at === count - 1}
        onClick={() => choose(at + 1)}
      >
        <Icon name="right" />
      </button>
    </fieldset>
  );
}

interface Props {
  conversation: string;
  turn: Turn;
  reply: Reply;
  at: number;
  count: number;
  clock: Clock | undefined;
}

export const ReplyView = memo(function ReplyView({ conversation, turn, reply, at, count, clock }: Props) {
  const { client } = useChat();
  const live = useChatState((state) => state.live);
  const open = useView((state) => state.xrays[reply.id] === true);
  const again = () => {
    client.regenerate(conversation, turn.id);
    view.setState(({ versions }) => {
      const { [turn.id]: _was, ...rest } = versions;
      return { versions: rest };
    });
  };
  const running = reply.end === null;
  const facts = xrayOf(turn, reply, clock);
  const details = `xray-${reply.id}`;
  return (
    <div className="reply">
      <span className="spoken-only">Myna said: </span>
      {reply.text && <Markdown text={reply.text} growing={running} />}
      {running && !reply.text && <Where reply={reply} live={live} />}
      {running && reply.text && (
        <div className="where">{live ? <span className="caret" /> : 'Waiting for the connection'}</div>
      )}
      <Ending reply={reply} onAgain={again} />
      {!running && (
        <div className="reply-foot">
          {count > 1 && <Versions turn={turn.id} at={at} count={count} />}
          {facts.stages.length > 0 && (
            <XRayLine facts={facts} open={open} id={details} onToggle={() => toggleXray(reply.id)} />
          )}
          <div className="reply-actions">
            {reply.text && <CopyButton text={reply.text} label="Copy reply as Markdown" />}
            <button
              type="button"
              className="icon-button"
              aria-label="Another reply"
              title="Another reply"
              onClick={again}
            >
              <Icon name="again" />
            </button>
          </div>
        </div>
      )}
      {!running && open && <XRayDetails facts={facts} id={details} live={running} />}
    </div>
  );
});
