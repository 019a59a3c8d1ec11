/** Deletes several conversations at once: those that are ticked, with one undo. */
import { useMemo, useState } from 'react';
import { useChat, useChatState } from '../context';
import { removeConversations } from '../conversation-actions';
import { shortAge } from '../format';
import { Icon } from '../Icon';
import { displayTitle } from '../title';
import { closeDialog } from '../view';
import { Dialog, DialogHeader } from './Dialog';

function useConversations(filter: string) {
  const all = useChatState((state) => state.conversations);
  const deleting = useChatState((state) => state.deleting);
  return useMemo(() => {
    const q = filter.trim().toLowerCase();
    return Object.values(all)
      .filter((one) => !deleting[one.id] && displayTitle(one.title).toLowerCase().includes(q))
      .sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1));
  }, [all, deleting, filter]);
}

export function ManageDialog() {
  const chat = useChat();
  const list = useChatState((state) => state.list);
  const [filter, setFilter] = useState('');
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const [now] = useState(Date.now);
  const shown = useConversations(filter);
  const chosen = shown.filter((one) => ticked.has(one.id));
  const tick = (ids: readonly string[], on: boolean) => {
    const next = new Set(ticked);
    for (const id of ids) {
      if (on) next.add(id);
      else next.delete(id);
    }
    setTicked(next);
  };
  const remove = () => {
    closeDialog();
    removeConversations(
      chat,
      chosen.map((one) => one.id),
    );
  };
  return (
    <Dialog label="Delete conversations">
      <DialogHeader title="Delete conversations" />
      <div className="manage-head">
        <label className="check">
          <input
            type="checkbox"
            checked={shown.length > 0 && chosen.length === shown.length}
            onChange={(event) =>
              tick(
                shown.map((one) => one.id),
                event.target.checked,
              )
            }
          />
          All {shown.length} shown
        </label>
        <input
          type="search"
          className="text-field"
          aria-label="Titles to show"
          placeholder="Filter by title"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      </div>
      {shown.length === 0 && (
        <p className="list-note">
          {filter.trim() ? `No title has “${filter.trim()}” in it.` : 'There is nothing to delete.'}
        </p>
      )}
      <ul className="manage-list" aria-label="Conversations to choose from">
        {shown.map((one) => (
          <li key={one.id}>
            <label className="check">
              <input
                type="checkbox"
                checked={ticked.has(one.id)}
                onChange={(event) => tick([one.id], event.target.checked)}
              />
              <span className="what" dir="auto">
                {displayTitle(one.title)}
              </span>
              <span className="row-age">{shortAge(one.updated_at, now)}</span>
            </label>
          </li>
        ))}
      </ul>
      <div className="dialog-foot">
        {list.next && (
          <button type="button" className="button" onClick={() => void chat.client.loadList(true)}>
            Load older ones
          </button>
        )}
        <button type="button" className="button danger" disabled={chosen.length === 0} onClick={remove}>
          <Icon name="bin" /> {chosen.length > 0 ? `Delete ${chosen.length}` : 'Delete'}
        </button>
      </div>
    </Dialog>
  );
}
