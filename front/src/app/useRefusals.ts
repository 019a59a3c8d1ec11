/** Says that another reply was refused; a message that was refused says so in its place. */
import { useEffect } from 'react';
import { useChat, useChatState } from '../ui/context';
import { toast } from '../ui/toasts';

export function useRefusals(): void {
  const { client } = useChat();
  const refused = useChatState((state) => state.outbox.find((entry) => entry.regenerates && entry.phase === 'failed'));
  useEffect(() => {
    if (!refused) return;
    toast(`There will be no other reply. ${refused.problem?.detail ?? ''}`);
    client.cancel(refused.id);
  }, [client, refused]);
}
