/** Text as it is, for what is not Markdown or too expensive to parse. */
import { memo } from 'react';

const SLICE = 8_000; // characters in one box, so that layout stays fast in one endless line

export const PlainText = memo(function PlainText({ text }: { text: string }) {
  const slices = Array.from({ length: Math.ceil(text.length / SLICE) }, (_, index) =>
    text.slice(index * SLICE, (index + 1) * SLICE),
  );
  return slices.map((slice, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: slices never change order
    <div key={index} className="plain-text" dir="auto">
      {slice}
    </div>
  ));
});
