/** The settings: theme, speed, the key that sends, and the user's data. */
import { NEW } from '../../chat/ids';
import { PROFILES } from '../composer/commands';
import { useChat } from '../context';
import { firstOptions, type SendKey, setSendKey, setSpeed, useSendKey, useSpeed } from '../settings';
import { setTheme, type Theme, useTheme } from '../theme';
import { Dialog, DialogHeader } from './Dialog';
import { YourData } from './YourData';

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

function SpeedSetting() {
  const { client } = useChat();
  const speed = useSpeed();
  const change = (next: string) => {
    setSpeed(next);
    client.chooseOptions(NEW, firstOptions());
  };
  return (
    <fieldset className="setting">
      <legend>Speed</legend>
      <select
        className="text-field"
        aria-label="Speed of new conversations"
        value={speed}
        onChange={(event) => change(event.target.value)}
      >
        {PROFILES.map(({ name, help }) => (
          <option key={name} value={name}>
            {help}
          </option>
        ))}
      </select>
      <p>New conversations begin with it. Each can be given another one beside its message field.</p>
    </fieldset>
  );
}

export function SettingsDialog() {
  const theme = useTheme();
  const sendKey = useSendKey();
  return (
    <Dialog label="Settings">
      <DialogHeader title="Settings" />
      <div className="settings">
        <Choice legend="Theme" value={theme} options={THEMES} onChange={setTheme} />
        <SpeedSetting />
        <Choice legend="Send a message with" value={sendKey} options={SEND_KEYS} onChange={setSendKey} />
        <YourData />
      </div>
    </Dialog>
  );
}
