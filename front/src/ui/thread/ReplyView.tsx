/** One reply: its text, its outcome, its actions. */
import { memo } from 'react';
import type { Clock, Reply, Turn } from '../../chat/state';
import { xrayOf } from '../../chat/xray';
import { CopyButton } from '../CopyButton';
import { useChat, useChatState } from '../context';
import { Icon } from '../Icon';
import { Markdown } from '../markdown/Markdown';
import { useView, view } from '../view';
import { ReplyOutcome } from './ReplyOutcome';
import { ReplyStatus } from './ReplyStatus';
import { Versions } from './Versions';
import { XRayButton, XRayDetails } from './XRay';

function toggleXray(id: string): void {
  view.setState(({ openXrays }) => {
    const { [id]: was, ...rest } = openXrays;
    return { openXrays: was ? rest : { ...openXrays, [id]: true } };
  });
}

interface Props {
  conversation: string;
  turn: Turn;
  reply: Reply;
  version: number;
  count: number;
  clock: Clock | undefined;
}

export const ReplyView = memo(function ReplyView({ conversation, turn, reply, version, count, clock }: Props) {
  const { client } = useChat();
  const live = useChatState((state) => state.live);
  const xrayOpen = useView((state) => state.openXrays[reply.id] === true);
  const again = () => {
    client.regenerate(conversation, turn.id);
    view.setState(({ versions }) => {
      const { [turn.id]: _was, ...rest } = versions;
      return { versions: rest };
    });
  };
  const toggle = () => {
    toggleXray(reply.id);
    if (!reply.storedAt) void client.refresh(conversation);
  };
  const running = reply.end === null;
  const retryOffered = reply.end?.kind === 'failed' && reply.end.error.retryable; // as "Try again" beside the failure
  const xray = xrayOf(turn, reply, clock);
  const details = `xray-${reply.id}`;
  return (
    <div className="reply">
      <span className="visually-hidden">Myna said: </span>
      {reply.text && <Markdown text={reply.text} growing={running} />}
      {running && !reply.text && <ReplyStatus message={turn.id} reply={reply} live={live} />}
      <ReplyOutcome reply={reply} onAgain={again} />
      {running && reply.text && (
        <div className="reply-foot">
          {!live && <span className="reply-status">The rest comes when the connection is back</span>}
        </div>
      )}
      {!running && (
        <div className="reply-foot">
          {count > 1 && <Versions turn={turn.id} version={version} count={count} />}
          {xray.stages.length > 0 && <XRayButton xray={xray} open={xrayOpen} id={details} onToggle={toggle} />}
          <div className="reply-actions">
            {reply.text && <CopyButton text={reply.text} label="Copy reply as Markdown" />}
            {!retryOffered && (
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
      {!running && xrayOpen && <XRayDetails xray={xray} id={details} live={running} />}
    </div>
  );
});
