/** How Markdown is split into blocks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blocksOf } from '../../src/ui/markdown/blocks';

const kinds = (text: string) => blocksOf(text).map((block) => block.kind);

describe('blocks', () => {
  it('are cut at empty lines, and a list stays one block', () => {
    expect(kinds('a\n\nb')).toEqual(['markdown', 'markdown']);
    expect(kinds('1. one\n\n2. two\n\n   more of two\n\nafter')).toEqual(['markdown', 'markdown']);
  });

  it('keep a fence whole, whatever stands in it, and open as long as it is not closed', () => {
    const text = 'before\n```python\n\n# not a heading\n\n~~~\n```\nafter';
    expect(blocksOf(text)).toEqual([
      { kind: 'markdown', text: 'before' },
      { kind: 'code', lang: 'python', text: '\n# not a heading\n\n~~~', closed: true },
      { kind: 'markdown', text: 'after' },
    ]);
    expect(blocksOf('```js\nlet a')).toEqual([{ kind: 'code', lang: 'js', text: 'let a', closed: false }]);
  });

  it('hold the whole text, in order, however it is split', () => {
    const line = fc.constantFrom(
      '',
      'word',
      '- item',
      '2. item',
      '  indented',
      '```',
      '~~~',
      '# head',
      '| a | b |',
      '> said',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 14 }), (lines) => {
        const words = (text: string) => text.match(/word|item|indented|head|said|[ab] \|/g) ?? [];
        const text = lines.join('\n');
        expect(blocksOf(text).flatMap((block) => words(block.text))).toEqual(words(text));
      }),
    );
  });

  it('get the link definitions of the whole text where they refer to one', () => {
    expect(blocksOf('see [the docs][1]\n\nplain\n\n[1]: https://example.org')).toEqual([
      { kind: 'markdown', text: 'see [the docs][1]\n\n[1]: https://example.org' },
      { kind: 'markdown', text: 'plain' },
    ]);
  });

  it('stay together where there are footnotes', () => {
    expect(kinds('one[^1]\n\ntwo\n\n[^1]: note')).toEqual(['markdown']);
  });

  it('keep fences of a fence, of a quote and of a list where they are', () => {
    expect(kinds('````md\n```\ninner\n```\n````')).toEqual(['code']);
    expect(kinds('> ```js\n> a\n> ```')).toEqual(['markdown']);
    expect(kinds('- item\n\n  ```js\n  a\n  ```\n- next')).toEqual(['markdown']);
  });

  it('show only the expensive paragraph as it came', () => {
    expect(kinds(`# fine\n\n${'> '.repeat(500)}x\n\nalso fine`)).toEqual(['markdown', 'plain', 'markdown']);
  });

  it.each([
    ['deep quotes', `${'> '.repeat(5_000)}x`],
    ['deep emphasis', '*'.repeat(5_000)],
    ['many brackets', '['.repeat(10_000)],
    ['one endless line', 'x'.repeat(1_000_000)],
    ['a table that nobody reads', `| a |\n|---|\n${'| 1 |\n'.repeat(2_000)}`],
  ])('show %s as it came, in no time', (_name, text) => {
    const begun = performance.now();
    expect(kinds(text)).toEqual(['plain']);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });
});
