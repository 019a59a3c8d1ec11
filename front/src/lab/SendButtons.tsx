/** Sends sample messages: one, or a hundred at a chosen speed. Their conversations are not the user's. */
import { useEffect, useRef, useState } from 'react';
import { newId } from '../chat/ids';
import { PROFILES } from '../ui/composer/commands';
import { useChat, useChatState } from '../ui/context';
import { Icon } from '../ui/Icon';

const ONE = '/words 60'; // long enough to be watched, short enough to be repeated
const EACH = '/words 20';
const MANY = 100;
const APART_MS = 20; // those of one instant would share a delivery, and the queue would show none of them

/** Sends a text in a new conversation that is not the user's; returns the message's id. */
export type SendSample = (text: string, profile?: string) => string;

/** Hidden conversations, deleted with the view. Returns what sends a text to a new one of them, and the message's id. */
export function useSamples(): SendSample {
  const { client } = useChat();
  const samples = useRef<string[]>([]);
  useEffect(
    () => () => {
      for (const id of samples.current) client.deletions.carryOut(id);
      samples.current = [];
    },
    [client],
  );
  return (text, profile) => {
    const id = newId();
    samples.current.push(id);
    client.deletions.hide(id);
    return client.send(id, text, profile ? { profile } : {}, true);
  };
}

export function SendButtons({ send }: { send: SendSample }) {
  const live = useChatState((state) => state.live);
  const [profile, setProfile] = useState('slow');
  const off = !live;
  const timer = useRef<ReturnType<typeof setInterval>>(undefined);
  useEffect(() => () => clearInterval(timer.current), []);
  const sendMany = () => {
    clearInterval(timer.current);
    let sent = 0;
    timer.current = setInterval(() => {
      send(EACH, profile);
      sent += 1;
      if (sent === MANY) clearInterval(timer.current);
    }, APART_MS);
  };
  return (
    <>
      <button type="button" className="button primary" disabled={off} onClick={() => send(ONE)}>
        <Icon name="up" /> Send one through
      </button>
      <span className="send-many">
        <button type="button" className="button" disabled={off} onClick={sendMany}>
          Send {MANY}
        </button>
        <select
          aria-label="Speed of their replies"
          value={profile}
          onChange={(event) => setProfile(event.target.value)}
        >
          {PROFILES.map(({ name, help }) => (
            <option key={name} value={name}>
              {help}
            </option>
          ))}
        </select>
      </span>
    </>
  );
}
