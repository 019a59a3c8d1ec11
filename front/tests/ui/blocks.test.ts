/** How a text is cut into blocks, and what is done for a text that is still growing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blocksOf, closeOpenMarkup } from '../../src/ui/markdown/blocks';

const kinds = (text: string) => blocksOf(text).map((block) => block.kind);

describe('blocks', () => {
  it('are cut at empty lines, and a list stays one block', () => {
    expect(kinds('a\n\nb')).toEqual(['prose', 'prose']);
    expect(kinds('1. one\n\n2. two\n\n   more of two\n\nafter')).toEqual(['prose', 'prose']);
  });

  it('keep a fence whole, whatever stands in it, and open as long as it is not closed', () => {
    const text = 'before\n```python\n\n# not a heading\n\n~~~\n```\nafter';
    expect(blocksOf(text)).toEqual([
      { kind: 'prose', text: 'before' },
      { kind: 'code', lang: 'python', text: '\n# not a heading\n\n~~~', closed: true },
      { kind: 'prose', text: 'after' },
    ]);
    expect(blocksOf('```js\nlet a')).toEqual([{ kind: 'code', lang: 'js', text: 'let a', closed: false }]);
  });

  it('never change again once another block has begun after them', () => {
    const line = fc.constantFrom(
      '',
      'word',
      '- item',
      '2. item',
      '  indented',
      '```',
      '```py',
      '~~~',
      '# head',
      '| a | b |',
      '> said',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 14 }), (lines) => {
        const whole = blocksOf(lines.join('\n'));
        for (let count = 1; count < lines.length; count += 1) {
          const part = blocksOf(lines.slice(0, count).join('\n'));
          expect(part.slice(0, -1)).toEqual(whole.slice(0, Math.max(0, part.length - 1)));
        }
      }),
    );
  });

  it.each([
    ['deep quotes', `${'> '.repeat(5_000)}x`],
    ['deep emphasis', '*'.repeat(5_000)],
    ['many brackets', '['.repeat(10_000)],
    ['one endless line', 'x'.repeat(1_000_000)],
    ['a table that nobody reads', `| a |\n|---|\n${'| 1 |\n'.repeat(2_000)}`],
  ])('show %s as it came, in no time', (_name, text) => {
    const begun = performance.now();
    expect(kinds(text)).toEqual(['raw']);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });
});

describe('a growing text', () => {
  it.each([
    ['some **bold', 'some **bold**'],
    ['some `code', 'some `code`'],
    ['some *soft', 'some *soft*'],
    ['see [the docs](https://exa', 'see the docs'],
    ['see ![a picture](http', 'see a picture'],
    ['- item', '- item'],
    ['* item', '* item'],
    ['2 * 3 = 6', '2 * 3 = 6'],
    ['done **bold** and `code`', 'done **bold** and `code`'],
  ])('%j is drawn as %j', (text, drawn) => {
    expect(closeOpenMarkup(text)).toBe(drawn);
  });
});
