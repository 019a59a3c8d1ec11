/** The past conversations in groups by day; older ones are read when the end comes near. */
import { useMemo } from 'react';
import { grouped } from '../../chat/view-of';
import { useChat, useChatState } from '../context';
import { useNow } from '../useNow';
import { useView } from '../view';
import { ConversationRow } from './ConversationRow';

const MINUTE_MS = 60_000; // "Today" ends at midnight, give or take one

export function ConversationList() {
  const { client } = useChat();
  const conversations = useChatState((state) => state.conversations);
  const pins = useChatState((state) => state.pins);
  const leaving = useChatState((state) => state.leaving);
  const list = useChatState((state) => state.list);
  const current = useView((state) => (state.route.name === 'chat' ? state.route.id : null));
  const now = useNow(MINUTE_MS);
  const groups = useMemo(
    () => grouped({ conversations, pins, leaving }, new Date(now)),
    [conversations, pins, leaving, now],
  );
  if (groups.length === 0) {
    if (list.loaded === 'failed') {
      return (
        <div className="list-word">
          The conversations could not be read.
          <button type="button" className="button" onClick={() => void client.readList()}>
            Try again
          </button>
        </div>
      );
    }
    return <p className="list-word">{list.loaded === 'yes' ? 'What you say is kept here.' : ''}</p>;
  }
  return (
    <>
      {groups.map((group) => (
        <section key={group.name} aria-label={group.name}>
          <h2 className="group-name">{group.name}</h2>
          <ul>
            {group.items.map((one) => (
              <ConversationRow key={one.id} one={one} current={one.id === current} />
            ))}
          </ul>
        </section>
      ))}
      {list.next && list.loaded === 'loading' && <p className="list-word">Reading older ones</p>}
    </>
  );
}
