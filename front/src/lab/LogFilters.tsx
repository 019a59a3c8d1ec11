/** Which lines of the log are shown: whose, of what type, of which conversation and reply. */
import type { LogType } from '../protocol/wire';
import type { LogFilter } from './useLog';

const TYPES = Object.keys({
  'message.created': true,
  'reply.requested': true,
  'reply.started': true,
  'reply.delta': true,
  'reply.completed': true,
  'reply.failed': true,
  'stop.requested': true,
  'conversation.updated': true,
  'conversation.deleted': true,
} satisfies Record<LogType, true>);

interface Props {
  operator: boolean;
  filter: LogFilter;
  onChange(filter: LogFilter): void;
}

export function LogFilters({ operator, filter, onChange }: Props) {
  const field = (name: 'type' | 'conversation_id' | 'reply_id', value: string) => {
    const { [name]: _before, ...rest } = filter;
    onChange(value.trim() === '' ? rest : { ...rest, [name]: value.trim() });
  };
  return (
    <>
      <label>
        Whose
        <select
          value={filter.view}
          onChange={(event) => onChange({ ...filter, view: event.target.value as 'own' | 'operator' })}
        >
          <option value="own">mine, with texts</option>
          {operator && <option value="operator">everybody’s, without texts</option>}
        </select>
      </label>
      <label>
        Type
        <select value={filter.type ?? ''} onChange={(event) => field('type', event.target.value)}>
          <option value="">any</option>
          {TYPES.map((type) => (
            <option key={type}>{type}</option>
          ))}
        </select>
      </label>
      <label>
        Conversation
        <input
          type="text"
          name="conversation_id"
          value={filter.conversation_id ?? ''}
          onChange={(event) => field('conversation_id', event.target.value)}
        />
      </label>
      <label>
        Reply
        <input
          type="text"
          name="reply_id"
          value={filter.reply_id ?? ''}
          onChange={(event) => field('reply_id', event.target.value)}
        />
      </label>
    </>
  );
}
