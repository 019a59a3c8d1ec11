/** Contains a rendering error: shows the fallback instead of the failed part, and leaves the rest of the page alone. */
import { Component, type ReactNode } from 'react';

interface Props {
  /** `retry` renders the children again. */
  fallback(retry: () => void, error: Error): ReactNode;
  /** A change of it renders the children again, as the new input may not fail. */
  resetKey?: unknown;
  children: ReactNode;
}

interface State {
  error: Error | null;
  resetKey: unknown;
}

export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null, resetKey: this.props.resetKey };

  static getDerivedStateFromError(error: Error): Partial<State> {
    return { error };
  }

  static getDerivedStateFromProps(props: Props, state: State): Partial<State> | null {
    return props.resetKey === state.resetKey ? null : { error: null, resetKey: props.resetKey };
  }

  private readonly retry = () => this.setState({ error: null });

  override render(): ReactNode {
    const { error } = this.state;
    return error ? this.props.fallback(this.retry, error) : this.props.children;
  }
}
