/** One reply: its text, its outcome, its actions. */
import { memo, type ReactNode } from 'react';
import { isStopping } from '../../chat/selectors';
import type { Clock, Reply, Turn } from '../../chat/state';
import { xrayOf } from '../../chat/xray';
import type { SendOptions } from '../../protocol/wire';
import { CopyButton } from '../CopyButton';
import { useChat, useChatState } from '../context';
import { Icon } from '../Icon';
import { Markdown } from '../markdown/Markdown';
import { optionsText } from '../options';
import { ReplyOutcome } from './ReplyOutcome';
import { ReplyStatus } from './ReplyStatus';
import { useChooseVersion, useOpen } from './thread-ui';
import { Versions } from './Versions';
import { XRayButton, XRayDetails } from './XRay';

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
  const choose = useChooseVersion(turn.id);
  const again = () => {
    client.regenerate(conversation, turn.id);
    choose(null);
  };
  const running = reply.end === null;
  return (
    <div className="reply">
      <span className="visually-hidden">Myna said: </span>
      {reply.text && <Markdown text={reply.text} growing={running} />}
      {running && !reply.text && <ReplyStatus message={turn.id} reply={reply} live={live} />}
      {running && reply.text && !live && <Interrupted message={turn.id} />}
      <ReplyOutcome reply={reply} onAgain={again} />
      {!running && (
        <ReplyFooter conversation={conversation} turn={turn} reply={reply} clock={clock} onAgain={again}>
          {count > 1 && <Versions turn={turn.id} version={version} count={count} />}
        </ReplyFooter>
      )}
    </div>
  );
});

function Interrupted({ message }: { message: string }) {
  const stopping = useChatState((state) => isStopping(state, message));
  return (
    <div className="reply-status">
      {stopping ? 'Stops as soon as the connection is back' : 'The rest comes when the connection is back'}
    </div>
  );
}

/** How the reply was made, and a way to repeat it: the same message with the same speed and seed. */
function ReplyOptions({ conversation, turn, options }: { conversation: string; turn: Turn; options: SendOptions }) {
  const { client } = useChat();
  return (
    <button
      type="button"
      className="small-button reply-options"
      title="Same again: the same message with the same speed and seed"
      aria-label={`Same again, ${optionsText(options)}`}
      onClick={() => client.send(conversation, turn.text, options)}
    >
      <Icon name="dial" /> {optionsText(options)}
    </button>
  );
}

interface FooterProps {
  conversation: string;
  turn: Turn;
  reply: Reply;
  clock: Clock | undefined;
  onAgain(): void;
  children: ReactNode;
}

function ReplyFooter({ conversation, turn, reply, clock, onAgain, children }: FooterProps) {
  const { client } = useChat();
  const [xrayOpen, toggleXray] = useOpen(reply.id);
  const toggle = () => {
    toggleXray();
    if (!reply.storedAt) void client.refresh(conversation);
  };
  const retryOffered = reply.end?.kind === 'failed' && reply.end.error.retryable; // as "Try again" beside the failure
  const xray = xrayOf(turn, reply, clock);
  const details = `xray-${reply.id}`;
  return (
    <>
      <div className="reply-foot">
        {children}
        {xray.stages.length > 0 && <XRayButton xray={xray} open={xrayOpen} id={details} onToggle={toggle} />}
        {turn.options && <ReplyOptions conversation={conversation} turn={turn} options={turn.options} />}
        <div className="reply-actions">
          {reply.text && <CopyButton text={reply.text} label="Copy reply as Markdown" />}
          {!retryOffered && (
            <button
              type="button"
              className="icon-button"
              aria-label="Another reply"
              title="Another reply"
              onClick={onAgain}
            >
              <Icon name="again" />
            </button>
          )}
        </div>
      </div>
      {xrayOpen && <XRayDetails xray={xray} id={details} />}
    </>
  );
}
