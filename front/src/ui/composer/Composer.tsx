/** Where one speaks. Keeps a draft per conversation; never sends while an input method composes. */
import { type KeyboardEvent, type RefObject, useEffect, useState } from 'react';
import type { SendOptions } from '../../protocol/wire';
import { useChat, useChatState } from '../context';
import { Icon } from '../Icon';
import { CommandMenu } from './CommandMenu';
import { type Command, matching } from './commands';
import { HeldRows } from './HeldRows';
import { OptionsMenu } from './OptionsMenu';

const LIMIT = 8_000; // characters, if the server has not said otherwise
const NEAR = 0.9; // the counter shows from here on

interface Props {
  /** The draft's place: the conversation, or `new`. */
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
  const [options, setOptions] = useState<SendOptions>({});
  const [tuning, setTuning] = useState(false);
  const [chosen, setChosen] = useState(0);
  const [closedFor, setClosedFor] = useState<string | null>(null);
  const commands = closedFor === text ? [] : matching(text);
  const menu = commands.length > 0 && !(commands.length === 1 && commands[0]?.name === text && !commands[0].args);
  const length = Array.from(text).length;
  const tooLong = length > limit;
  const empty = text.trim() === '';

  // biome-ignore lint/correctness/useExhaustiveDependencies: another conversation, another draft
  useEffect(() => {
    // A finger that opens a conversation wants to read: only a keyboard gets the cursor at once.
    if (matchMedia('(pointer: fine)').matches) field.current?.focus();
    setTuning(false);
  }, [draftKey]);

  const write = (value: string) => {
    client.draft(draftKey, value);
    setChosen(0);
  };
  const pick = (command: Command) => {
    write(command.args ? `${command.name} ` : command.name);
    if (!command.args) setClosedFor(command.name);
    field.current?.focus();
  };
  const send = () => {
    if (empty || tooLong) return;
    onSend(text, options);
    client.draft(draftKey, '');
    setTuning(false);
  };

  const onKey = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // 229: what browsers report while an input method has the word.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (menu && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setChosen((chosen + step + commands.length) % commands.length);
      return;
    }
    const command = commands[chosen];
    if (menu && command && (event.key === 'Tab' || (event.key === 'Enter' && text !== command.name))) {
      event.preventDefault();
      pick(command);
      return;
    }
    if (event.key === 'Escape' && (menu || tuning)) {
      event.stopPropagation();
      setClosedFor(text);
      setTuning(false);
      return;
    }
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      send();
    }
  };

  const stopping = openTurn !== null && empty;
  const tuned = Object.keys(options).length > 0;
  return (
    <div className="composer column">
      <HeldRows id={draftKey} />
      <div className="composer-box">
        {menu && <CommandMenu id="commands" commands={commands} chosen={chosen} onPick={pick} />}
        {tuning && <OptionsMenu options={options} onChange={setOptions} />}
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          placeholder={live ? 'Say something, or type / for commands' : 'Write on: it goes out when connected'}
          aria-label="Message"
          aria-describedby="composer-foot"
          aria-autocomplete="list"
          aria-controls={menu ? 'commands' : undefined}
          aria-activedescendant={menu ? `commands-${chosen}` : undefined}
          aria-invalid={tooLong || undefined}
          enterKeyHint="send"
          onChange={(event) => write(event.target.value)}
          onKeyDown={onKey}
        />
        <div className="composer-tools">
          <button
            type="button"
            className="icon-button"
            aria-label="Commands"
            title="Commands ( / )"
            onClick={() => {
              write(text === '' ? '/' : text);
              setClosedFor(null);
              field.current?.focus();
            }}
          >
            <Icon name="slash" />
          </button>
          <button
            type="button"
            className="small-button"
            aria-expanded={tuning}
            title="How the mock answers"
            onClick={() => setTuning(!tuning)}
          >
            <Icon name="dial" />
            {tuned ? (
              [options.profile, options.seed === undefined ? '' : `seed ${options.seed}`].filter(Boolean).join(', ')
            ) : (
              <span className="spoken-only">How the mock answers</span>
            )}
          </button>
          <span className="grow" />
          {length > limit * NEAR && (
            <span className={tooLong ? 'counter over' : 'counter'} role="status">
              {tooLong
                ? `${(length - limit).toLocaleString()} characters too many`
                : `${(limit - length).toLocaleString()} left`}
            </span>
          )}
          {stopping ? (
            <button type="button" className="send stop" aria-label="Stop the reply" title="Stop (Esc)" onClick={onStop}>
              <Icon name="stop" />
            </button>
          ) : (
            <button
              type="button"
              className="send"
              aria-label="Send"
              title="Send (Enter)"
              disabled={empty || tooLong}
              onClick={send}
            >
              <Icon name="up" />
            </button>
          )}
        </div>
      </div>
      <p className="composer-foot" id="composer-foot">
        Myna is a mock: answers are invented, the pipeline is real.
      </p>
    </div>
  );
}
