/** One reply: its text and its outcome. */
import { memo } from 'react';
import { isAwaited, isStopping } from '../../chat/selectors';
import { useChat, useChatState } from '../context';
import { Markdown } from '../markdown/Markdown';
import { ReplyFooter, type ReplyProps } from './ReplyFooter';
import { ReplyOutcome } from './ReplyOutcome';
import { ReplyStatus } from './ReplyStatus';

export const ReplyView = memo(function ReplyView(props: ReplyProps) {
  const { conversation, turn, reply, version, clock, last } = props;
  const { client } = useChat();
  const live = useChatState((state) => state.live);
  const again = () => client.regenerate(conversation, turn.id);
  const awaited = useChatState((state) => isAwaited(state, turn.id));
  const running = reply.end === null;
  return (
    <div className="reply">
      <span className="visually-hidden">Myna said: </span>
      {reply.text && <Markdown text={reply.text} growing={running} />}
      {running && !reply.text && <ReplyStatus message={turn.id} reply={reply} live={live} />}
      {running && reply.text && !live && <Interrupted message={turn.id} />}
      {awaited && !live && <div className="reply-status">Another reply follows when the connection is back</div>}
      <ReplyOutcome reply={reply} onAgain={again} />
      <ReplyFooter
        conversation={conversation}
        turn={turn}
        reply={reply}
        version={version}
        clock={clock}
        last={last}
        onAgain={again}
      />
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
