/** Takes the operator's token where the server shows its numbers to operators alone. */
import { type FormEvent, useState } from 'react';
import { ApiError } from '../../transport/api';
import { useChat } from '../context';

export function OperatorToken({ onOpen }: { onOpen: () => void }) {
  const { api } = useChat();
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const send = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await api.openOperator(token.trim());
      onOpen();
    } catch (error) {
      const refused = error instanceof ApiError && error.status === 401;
      setProblem(
        refused ? 'This server does not take this token.' : error instanceof Error ? error.message : 'No answer.',
      );
    }
  };
  return (
    <form className="operator-token" onSubmit={(event) => void send(event)}>
      <label htmlFor="operator-token">Operator’s token</label>
      <input
        id="operator-token"
        type="password"
        className="text-field"
        autoComplete="off"
        required
        value={token}
        onChange={(event) => setToken(event.target.value)}
        aria-describedby="operator-token-note"
      />
      <button type="submit" className="button">
        Show the numbers
      </button>
      <p id="operator-token-note" role={problem ? 'alert' : undefined}>
        {problem ?? 'It is the server’s CHAT_ADMIN_TOKEN. This browser keeps its permission for a week.'}
      </p>
    </form>
  );
}
