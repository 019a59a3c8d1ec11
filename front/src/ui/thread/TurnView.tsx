/** A message and the version of its reply that is on the path. */
import { memo } from 'react';
import { deliveryOf, replyCount } from '../../chat/selectors';
import { useChat, useChatState } from '../context';
import { dayName } from '../format';
import { useView } from '../view';
import { MessageBubble } from './MessageBubble';
import { MessageEditor } from './MessageEditor';
import { ReplyStatus } from './ReplyStatus';
import { ReplyView } from './ReplyView';
import type { TurnRow } from './rows';
import { useEditing } from './thread-ui';
import { ReplyVersions, Versions } from './Versions';

interface Props {
  conversation: string;
  row: TurnRow;
  /** The place of the row in the list. */
  place: number;
  last: boolean;
}

export const TurnView = memo(function TurnView({ conversation, row, place, last }: Props) {
  const { turn, version, newDay } = row;
  const highlighted = useView((state) => state.highlighted?.message === turn.id);
  const clock = useChatState((state) => state.clocks[turn.id]);
  const live = useChatState((state) => state.live);
  const reply = turn.replies[version];
  const pending = !reply && (turn.pendingReplies > 0 || (turn.replies.length === 0 && !turn.closed));
  return (
    <article
      className={`turn${last ? ' last' : ''}${highlighted ? ' highlighted' : ''}`}
      data-message={turn.id}
      data-row={place}
      aria-label="Message and reply"
    >
      {newDay && <div className="day">{dayName(turn.at, new Date())}</div>}
      <OwnMessage conversation={conversation} row={row} last={last} />
      {reply && (
        <ReplyView conversation={conversation} turn={turn} reply={reply} version={version} clock={clock} last={last} />
      )}
      {pending && (
        <div className="reply">
          <ReplyStatus message={turn.id} reply={null} live={live} />
          {replyCount(turn) > 1 && (
            <div className="reply-foot">
              <ReplyVersions conversation={conversation} turn={turn} version={version} last={last} />
            </div>
          )}
        </div>
      )}
    </article>
  );
});

function OwnMessage({ conversation, row, last }: { conversation: string; row: TurnRow; last: boolean }) {
  const { client } = useChat();
  const { turn, siblings } = row;
  const editing = useEditing(turn.id);
  if (editing.text !== null) {
    const send = () => {
      client.edit(conversation, turn.id, editing.text ?? '', turn.options ?? {});
      editing.sent();
    };
    return <MessageEditor text={editing.text} onChange={editing.write} onCancel={editing.cancel} onSend={send} />;
  }
  const choose = (version: number) => {
    const sibling = siblings[version];
    if (sibling) client.showPath(conversation, sibling);
  };
  return (
    <MessageBubble
      id={turn.id}
      text={turn.text}
      at={turn.at}
      state={deliveryOf(turn)}
      last={last}
      onEdit={() => editing.write(turn.text)}
      versions={
        siblings.length > 1 && (
          <Versions
            what="message"
            version={siblings.indexOf(turn.id)}
            count={siblings.length}
            last={last}
            onChoose={choose}
          />
        )
      }
    />
  );
}
