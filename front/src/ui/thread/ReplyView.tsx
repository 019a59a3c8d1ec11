/** One reply: its text, how it ended, what can be done with it. */
import { memo } from 'react';
import type { Clock, Reply, Turn } from '../../chat/state';
import { xrayOf } from '../../chat/xray';
import { CopyButton } from '../CopyButton';
import { useChat, useChatState } from '../context';
import { Icon } from '../Icon';
import { Markdown } from '../markdown/Markdown';
import { useView, view } from '../view';
import { Ending } from './Ending';
import { Versions } from './Versions';
import { Where } from './Where';
import { XRayDetails, XRayLine } from './XRay';

function toggleXray(id: string): void {
  view.setState(({ xrays }) => {
    const { [id]: was, ...rest } = xrays;
    return { xrays: was ? rest : { ...xrays, [id]: true } };
  });
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
  const toggle = () => {
    toggleXray(reply.id);
    if (!reply.storedAt) void client.readAgain(conversation);
  };
  const running = reply.end === null;
  const offered = reply.end?.kind === 'failed' && reply.end.error.retryable; // by the word of failure, as "Try again"
  const facts = xrayOf(turn, reply, clock);
  const details = `xray-${reply.id}`;
  return (
    <div className="reply">
      <span className="spoken-only">Myna said: </span>
      {reply.text && <Markdown text={reply.text} growing={running} />}
      {running && !reply.text && <Where message={turn.id} reply={reply} live={live} />}
      <Ending reply={reply} onAgain={again} />
      {running && reply.text && (
        <div className="reply-foot">
          {!live && <span className="where">The rest comes when the connection is back</span>}
        </div>
      )}
      {!running && (
        <div className="reply-foot">
          {count > 1 && <Versions turn={turn.id} at={at} count={count} />}
          {facts.stages.length > 0 && <XRayLine facts={facts} open={open} id={details} onToggle={toggle} />}
          <div className="reply-actions">
            {reply.text && <CopyButton text={reply.text} label="Copy reply as Markdown" />}
            {!offered && (
              <button
                type="button"
                className="icon-button"
                aria-label="Another reply"
                title="Another reply"
                onClick={again}
              >
                <Icon name="again" />
              </button>
            )}
          </div>
        </div>
      )}
      {!running && open && <XRayDetails facts={facts} id={details} live={running} />}
    </div>
  );
});
