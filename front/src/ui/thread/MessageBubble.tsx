/** A message of the user: a tinted bubble, its time and delivery state. */
import type { ReactNode } from 'react';
import type { Delivery as State } from '../../chat/selectors';
import { Delivery } from './Delivery';
import { Timestamp } from './Timestamp';

export function MessageBubble({
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
    <div className="message">
      <span className="visually-hidden">You said: </span>
      <div className={look} dir="auto">
        {text}
      </div>
      <div className="message-meta">
        {children}
        <Timestamp at={at} />
        <Delivery state={state} />
      </div>
    </div>
  );
}
