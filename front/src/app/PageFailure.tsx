/** Shown when the whole page failed to render: what is kept, and two ways on. */
import { Logo } from '../ui/Logo';

export function PageFailure({ error, onRetry }: { error: Error; onRetry(): void }) {
  return (
    <main className="page-failure" role="alert">
      <Logo size={48} />
      <h1>This page has failed.</h1>
      <p>Your conversations are kept on the server, and what you had not sent is kept in this browser.</p>
      <p className="page-failure-reason">{error.message}</p>
      <div className="button-row">
        <button type="button" className="button primary" onClick={onRetry}>
          Try again
        </button>
        <button type="button" className="button" onClick={() => location.reload()}>
          Reload the page
        </button>
      </div>
    </main>
  );
}
