/** Messages drawn as slots: one for each, one's own in the accent colour. */

interface Props {
  /** For each message, whether it is this user's. */
  taken: readonly boolean[];
  /** Empty places to draw behind them, so that the room left is seen. */
  places: number;
  /** How many are drawn; of more only the number is. */
  max: number;
  /** More than `taken` says. */
  more?: number;
  name: string;
}

export function Slots({ taken, places, max, more = 0, name }: Props) {
  const drawn = Math.max(Math.min(places, max), Math.min(taken.length, max));
  const beyond = taken.length - Math.min(taken.length, max) + more;
  const total = taken.length + more;
  const mine = taken.filter(Boolean).length;
  // The row shows a part of the places: how many are taken, and of how many, stands behind it.
  const part = places > max ? `${total} of ${places}` : beyond > 0 ? `+${beyond}` : null;
  const text = `${total}${places > max ? ` of at most ${places}` : ''} ${name}${mine > 0 ? `, ${mine} of them yours` : ''}`;
  return (
    <div className="slots" role="img" aria-label={text} title={text}>
      {Array.from({ length: drawn }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: slots never change order
        <i key={index} className={index >= taken.length ? 'slot' : taken[index] ? 'slot mine' : 'slot other'} />
      ))}
      {part && <span>{part}</span>}
    </div>
  );
}
