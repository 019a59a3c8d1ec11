/** The button that begins a conversation. */
import { Icon } from './Icon';
import { withKeys } from './shortcuts';
import { navigate } from './view';

export function NewConversationButton() {
  return (
    <button
      type="button"
      className="icon-button"
      aria-label="New conversation"
      title={withKeys('New conversation', 'newConversation')}
      onClick={() => navigate({ name: 'new' })}
    >
      <Icon name="plus" />
    </button>
  );
}
