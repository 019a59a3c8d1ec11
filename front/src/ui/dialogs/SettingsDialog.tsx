/** The settings: theme, the key that sends, and the way in for exported conversations. */
import { useChat } from '../context';
import { Icon } from '../Icon';
import { chooseImport } from '../import-file';
import { type SendKey, setSendKey, useSendKey } from '../settings';
import { setTheme, type Theme, useTheme } from '../theme';
import { closeDialog } from '../view';
import { Dialog, DialogHeader } from './Dialog';

interface ChoiceProps<T extends string> {
  legend: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange(value: T): void;
}

function Choice<T extends string>({ legend, value, options, onChange }: ChoiceProps<T>) {
  return (
    <fieldset className="setting">
      <legend>{legend}</legend>
      {options.map(([option, label]) => (
        <label key={option}>
          <input
            type="radio"
            name={legend}
            value={option}
            checked={option === value}
            onChange={() => onChange(option)}
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

const THEMES: readonly (readonly [Theme, string])[] = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
];
const SEND_KEYS: readonly (readonly [SendKey, string])[] = [
  ['Enter', 'Enter (Shift+Enter breaks the line)'],
  ['Ctrl+Enter', 'Ctrl+Enter or ⌘+Enter (Enter breaks the line)'],
];

export function SettingsDialog() {
  const chat = useChat();
  const theme = useTheme();
  const sendKey = useSendKey();
  return (
    <Dialog label="Settings">
      <DialogHeader title="Settings" />
      <div className="settings">
        <Choice legend="Theme" value={theme} options={THEMES} onChange={setTheme} />
        <Choice legend="Send a message with" value={sendKey} options={SEND_KEYS} onChange={setSendKey} />
        <fieldset className="setting">
          <legend>Conversations</legend>
          <p>An exported conversation can be dropped anywhere on the page, too.</p>
          <div>
            <button
              type="button"
              className="button"
              onClick={() => {
                closeDialog();
                chooseImport(chat);
              }}
            >
              <Icon name="load" /> Import a conversation…
            </button>
          </div>
        </fieldset>
      </div>
    </Dialog>
  );
}
