/** A keyboard shortcut as key caps. */

interface Props {
  keys: readonly string[];
  /** Screen readers are told by other means, or have no use for it. */
  hidden?: boolean;
}

export function Keys({ keys, hidden = false }: Props) {
  return (
    <span className="key-caps" aria-hidden={hidden || undefined}>
      {keys.map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
    </span>
  );
}
