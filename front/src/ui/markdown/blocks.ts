/**
 * Cuts Markdown into blocks that can be drawn one by one, so that a growing text re-draws only its last block.
 * Pure. A code fence is a block of its own, drawn without the Markdown parser.
 */

export type Block =
  | { kind: 'code'; lang: string; text: string; closed: boolean }
  | { kind: 'prose'; text: string }
  | { kind: 'raw'; text: string };

const FENCE = /^( {0,3})(`{3,}|~{3,})\s*([^\s`]*)[^`]*$/;
const LIST = /^ {0,3}([-*+]|\d{1,9}[.)])(\s|$)/;
/** A block that costs more than this to parse is shown as it came. */
const MAX_CHARS = 20_000; // characters
const MAX_LINES = 400; // lines: a table of so many rows is no longer read, it is searched
const MAX_DEPTH = 60; // markers in a row: nesting that no person wrote
const DEEP = new RegExp(`(?:[>*_~\\[\\]()!|\`#-]\\s?){${MAX_DEPTH},}`);

/** A parser's nightmare is shown as plain text; nothing is lost, nothing freezes. */
function proseOf(text: string): Block {
  const tooMuch =
    text.length > MAX_CHARS ||
    text.split('\n', MAX_LINES + 1).length > MAX_LINES ||
    DEEP.test(text.replace(/[-:| ]{3,}/g, ' '));
  return { kind: tooMuch ? 'raw' : 'prose', text };
}

function fenceClosed(line: string, fence: string): boolean {
  const marks = line.trim();
  return marks.length >= fence.length && marks.split('').every((mark) => mark === fence[0]) && /^ {0,3}\S/.test(line);
}

export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  const lines = text.split('\n');
  let prose: string[] = [];
  let blank = false;
  let inList = false;
  const endProse = () => {
    const joined = prose.join('\n').replace(/\n+$/, '');
    if (joined.trim() !== '') blocks.push(proseOf(joined));
    prose = [];
    blank = false;
    inList = false;
  };
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const fence = FENCE.exec(line);
    if (fence) {
      endProse();
      const [, indent = '', marks = '', lang = ''] = fence;
      const body: string[] = [];
      let closed = false;
      for (at += 1; at < lines.length; at += 1) {
        const inner = lines[at] ?? '';
        closed = fenceClosed(inner, marks);
        if (closed) break;
        body.push(indent ? inner.replace(new RegExp(`^ {0,${indent.length}}`), '') : inner);
      }
      blocks.push({ kind: 'code', lang, text: body.join('\n'), closed });
      continue;
    }
    if (line.trim() === '') {
      blank = prose.length > 0;
      if (blank) prose.push(line);
      continue;
    }
    // After an empty line a new block begins, unless a list goes on.
    if (blank && !(inList && (LIST.test(line) || /^\s{2,}/.test(line)))) endProse();
    if (prose.length === 0) inList = LIST.test(line);
    blank = false;
    prose.push(line);
  }
  endProse();
  return blocks;
}

/**
 * Closes what a text that is still growing has left open, so that half an emphasis or half a link
 * does not flicker as raw marks.
 */
export function closeOpenMarkup(text: string): string {
  const line = text.slice(text.lastIndexOf('\n') + 1);
  if ((line.split('`').length - 1) % 2 === 1) return `${text}\``;
  const link = line.lastIndexOf('[');
  if (link >= 0 && /^\[[^\]]*(\]\([^)]*)?$/.test(line.slice(link))) {
    const label = /^\[([^\]]*)/.exec(line.slice(link))?.[1] ?? '';
    return text.slice(0, text.length - line.length + link).replace(/!$/, '') + label;
  }
  const bare = line.replace(/`[^`]*`/g, '').replace(/^\s*[-*+] /, '');
  if (/\*\*\s*$/.test(bare) && (bare.split('**').length - 1) % 2 === 1) return text.replace(/\*\*\s*$/, '');
  if ((bare.split('**').length - 1) % 2 === 1) return `${text.trimEnd().replace(/\*$/, '')}**`;
  if (/^[^*]*\*[^\s*][^*]*$/.test(bare)) return `${text.trimEnd()}*`;
  return text;
}
