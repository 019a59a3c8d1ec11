/** Below a reply: its versions, its X-ray, how it was made, and what can be done with it. */
import { replyCount } from '../../chat/selectors';
import type { Clock, Reply, Turn } from '../../chat/state';
import { xrayOf } from '../../chat/xray';
import type { SendOptions } from '../../protocol/wire';
import { CopyButton } from '../CopyButton';
import { useChat } from '../context';
import { Icon } from '../Icon';
import { isRepeatable, optionsText } from '../options';
import { shortcutOfLast } from '../shortcuts';
import { navigate } from '../view';
import { useOpen } from './thread-ui';
import { ReplyVersions } from './Versions';
import { XRayButton, XRayDetails } from './XRay';

interface OptionsProps {
  conversation: string;
  turn: Turn;
  options: SendOptions;
  last: boolean;
}

/** How the reply was made, and a way to repeat it: the same message at the same place, with the same speed and seed. */
function ReplyOptions({ conversation, turn, options, last }: OptionsProps) {
  const { client } = useChat();
  return (
    <button
      type="button"
      className="small-button reply-options"
      title={shortcutOfLast('Same again: the same message with the same speed and seed', 'same', last)}
      aria-label={`Same again, ${optionsText(options)}`}
      onClick={() => client.edit(conversation, turn.id, turn.text, options)}
    >
      <Icon name="dial" /> {optionsText(options)}
    </button>
  );
}

export interface ReplyProps {
  conversation: string;
  turn: Turn;
  reply: Reply;
  version: number;
  clock: Clock | undefined;
  /** It is the last one of the shown path. */
  last: boolean;
}

interface Props extends ReplyProps {
  onAgain(): void;
}

export function ReplyFooter({ conversation, turn, reply, version, clock, last, onAgain }: Props) {
  const { client } = useChat();
  const [xrayOpen, toggleXray] = useOpen(reply.id);
  const toggle = () => {
    toggleXray();
    if (!reply.storedAt) void client.refresh(conversation);
  };
  const versions = <ReplyVersions conversation={conversation} turn={turn} version={version} last={last} />;
  if (reply.end === null) return replyCount(turn) > 1 && <div className="reply-foot">{versions}</div>;
  const retryOffered = reply.end.kind === 'failed' && reply.end.error.retryable; // as "Try again" beside the failure
  const xray = xrayOf(turn, reply, clock);
  const details = `xray-${reply.id}`;
  return (
    <>
      <div className="reply-foot">
        {versions}
        {xray.stages.length > 0 && (
          <XRayButton xray={xray} open={xrayOpen} id={details} last={last} onToggle={toggle} />
        )}
        {reply.options && isRepeatable(reply.options) && (
          <ReplyOptions conversation={conversation} turn={turn} options={reply.options} last={last} />
        )}
        <div className="reply-actions">
          {reply.text && (
            <CopyButton
              text={reply.text}
              label="Copy reply as Markdown"
              title={shortcutOfLast('Copy reply as Markdown', 'copyReply', last)}
            />
          )}
          {!retryOffered && (
            <button
              type="button"
              className="icon-button"
              aria-label="Another reply"
              title={shortcutOfLast('Another reply', 'again', last)}
              onClick={onAgain}
            >
              <Icon name="again" />
            </button>
          )}
        </div>
      </div>
      {xrayOpen && (
        <XRayDetails
          xray={xray}
          id={details}
          onReplay={client.recorder.has(turn.id) ? () => navigate({ name: 'pipeline', at: turn.id }) : null}
        />
      )}
    </>
  );
}
