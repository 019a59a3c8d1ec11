/** The conversations in groups by day; older pages load near the end of the list. */
import { useMemo } from 'react';
import { grouped } from '../../chat/selectors';
import { useChat, useChatState } from '../context';
import { useNow } from '../useNow';
import { useView } from '../view';
import { ConversationRow } from './ConversationRow';

const MINUTE_MS = 60_000; // "Today" ends at midnight, give or take one

export function ConversationList() {
  const { client } = useChat();
  const conversations = useChatState((state) => state.conversations);
  const pins = useChatState((state) => state.pins);
  const deleting = useChatState((state) => state.deleting);
  const list = useChatState((state) => state.list);
  const current = useView((state) => (state.route.name === 'chat' ? state.route.id : null));
  const now = useNow(MINUTE_MS);
  const groups = useMemo(
    () => grouped({ conversations, pins, deleting }, new Date(now)),
    [conversations, pins, deleting, now],
  );
  if (groups.length === 0) {
    if (list.loaded === 'failed') {
      return (
        <div className="list-note">
          The conversations could not be read.
          <button type="button" className="button" onClick={() => void client.loadList()}>
            Try again
          </button>
        </div>
      );
    }
    return <p className="list-note">{list.loaded === 'yes' ? 'What you say is kept here.' : ''}</p>;
  }
  return (
    <>
      {groups.map((group) => (
        <section key={group.name} aria-label={group.name}>
          <h2 className="group-name">{group.name}</h2>
          <ul>
            {group.items.map((one) => (
              <ConversationRow key={one.id} one={one} current={one.id === current} now={now} />
            ))}
          </ul>
        </section>
      ))}
      {list.next && list.loaded === 'loading' && <p className="list-note">Loading older ones</p>}
    </>
  );
}
