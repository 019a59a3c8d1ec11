/** What a person said: a tinted bubble at the right, its time and how far it has come. */
import type { ReactNode } from 'react';
import type { Delivery as State } from '../../chat/view-of';
import { Delivery } from './Delivery';
import { Moment } from './Moment';

export function Said({
  text,
  at,
  state,
  children,
}: {
  text: string;
  at: string | number;
  state: State;
  children?: ReactNode;
}) {
  const look = state === 'failed' && children ? 'bubble failed' : state === 'waiting' ? 'bubble pending' : 'bubble';
  return (
    <div className="said">
      <span className="spoken-only">You said: </span>
      <div className={look} dir="auto">
        {text}
      </div>
      <div className="said-meta">
        {children}
        <Moment at={at} />
        <Delivery state={state} />
      </div>
    </div>
  );
}
