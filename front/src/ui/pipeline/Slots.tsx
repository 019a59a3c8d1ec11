/** A queue drawn as slots: one per message in work or waiting, in this order. */

const SLOTS = 16; // drawn; a longer queue is a number

interface Props {
  inWork: number | null | undefined;
  waiting: number | null | undefined;
}

export function Slots({ inWork, waiting }: Props) {
  const taken = inWork ?? 0;
  const kindOf = (index: number) =>
    index < taken ? 'slot in-work' : index < taken + (waiting ?? 0) ? 'slot waiting' : 'slot';
  return (
    <div className="slots" aria-hidden="true">
      {Array.from({ length: SLOTS }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: slots never change order
        <span key={index} className={kindOf(index)} />
      ))}
    </div>
  );
}
