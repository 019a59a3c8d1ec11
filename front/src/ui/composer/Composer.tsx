/** The message field. Keeps a draft per conversation; never sends while an input method composes. */
import { type KeyboardEvent, type RefObject, useEffect } from 'react';
import { isStopping } from '../../chat/selectors';
import type { SendOptions } from '../../protocol/wire';
import { useChat, useChatState } from '../context';
import { useSendKey } from '../settings';
import { isComposing } from '../shortcuts';
import { CommandMenu } from './CommandMenu';
import { ComposerTools } from './ComposerTools';
import { QueuedMessages } from './QueuedMessages';
import { useCommandMenu } from './useCommandMenu';
import { useEditLast } from './useEditLast';
import { useMultiline } from './useMultiline';

const LIMIT = 8_000; // characters, until the server announces its limit
const NO_OPTIONS: SendOptions = {};

interface Props {
  /** The key of the draft: the conversation's id, or `new`. */
  draftKey: string;
  field: RefObject<HTMLTextAreaElement | null>;
  openTurn: string | null;
  onSend(text: string, options: SendOptions): void;
  onStop(): void;
}

export function Composer({ draftKey, field, openTurn, onSend, onStop }: Props) {
  const { client } = useChat();
  const text = useChatState((state) => state.drafts[draftKey] ?? '');
  const live = useChatState((state) => state.live);
  const limit = useChatState((state) => state.limits.text_chars ?? LIMIT);
  const options = useChatState((state) => state.options[draftKey] ?? NO_OPTIONS);
  const stoppable = useChatState((state) => openTurn !== null && !isStopping(state, openTurn));
  const sendKey = useSendKey();
  const multiline = useMultiline(field, text);
  const write = (value: string) => client.draft(draftKey, value);
  const commands = useCommandMenu(text, (value) => {
    write(value);
    field.current?.focus();
  });
  const editLast = useEditLast(draftKey);
  const menu = commands.offered.length > 0;
  const left = limit - Array.from(text).length;
  const empty = text.trim() === '';

  // biome-ignore lint/correctness/useExhaustiveDependencies: another conversation, another draft
  useEffect(() => {
    // On touch screens focus would open the keyboard over the conversation.
    if (matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, [draftKey]);

  const send = () => {
    if (empty || left < 0) return;
    // The draft is cleared first: a page that unloads now must not save the text as draft and message.
    write('');
    onSend(text, options);
  };
  const stop = () => {
    onStop();
    // The button disappears with the reply, so the focus has to go somewhere.
    if (matchMedia('(pointer: fine)').matches) field.current?.focus();
  };
  const onKey = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (isComposing(event.nativeEvent)) return;
    if (menu && commands.onKey(event)) return;
    if (event.key === 'ArrowUp' && !event.altKey && text === '') {
      event.preventDefault();
      editLast();
    }
    const sends = sendKey === 'Enter' ? !event.shiftKey : event.ctrlKey || event.metaKey;
    if (event.key === 'Enter' && sends) {
      event.preventDefault();
      send();
    }
  };
  const offerCommands = () => {
    if (text === '') write('/');
    commands.reopen();
    field.current?.focus();
  };
  return (
    <div className="composer column">
      <QueuedMessages id={draftKey} />
      <div className={multiline ? 'composer-box multiline' : 'composer-box'}>
        {menu && (
          <CommandMenu id="commands" commands={commands.offered} active={commands.active} onPick={commands.pick} />
        )}
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          placeholder={live ? 'Say something, or /' : 'It goes out later'}
          aria-label="Message"
          aria-autocomplete="list"
          aria-controls={menu ? 'commands' : undefined}
          aria-activedescendant={menu ? `commands-${commands.active}` : undefined}
          aria-invalid={left < 0 || undefined}
          enterKeyHint="send"
          onChange={(event) => write(event.target.value)}
          onKeyDown={onKey}
        />
        <ComposerTools
          options={options}
          left={left}
          limit={limit}
          empty={empty}
          stoppable={stoppable}
          onCommands={offerCommands}
          onOptions={(next) => client.chooseOptions(draftKey, next)}
          onSend={send}
          onStop={stop}
        />
      </div>
      {draftKey === 'new' && (
        <p className="composer-foot">Myna is a mock: answers are invented, the pipeline is real.</p>
      )}
    </div>
  );
}
