/** Syntax highlighting. Loaded only when there is code; the only importer of lowlight. */
import bash from 'highlight.js/lib/languages/bash';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';
import { createLowlight } from 'lowlight';

const lowlight = createLowlight({
  bash,
  css,
  diff,
  go,
  java,
  javascript,
  json,
  python,
  rust,
  sql,
  typescript,
  xml,
  yaml,
});

export interface Piece {
  text: string;
  className: string;
}

interface Node {
  type: string;
  value?: string;
  children?: Node[];
  properties?: { className?: string[] };
}

function flat(node: Node, className: string, out: Piece[]): void {
  if (node.type === 'text') out.push({ text: node.value ?? '', className });
  const own = node.properties?.className?.join(' ') ?? className;
  for (const child of node.children ?? []) flat(child, own, out);
}

/** Text pieces with their class; an unknown language gives `null` and the text stays plain. */
export function highlight(lang: string, text: string): Piece[] | null {
  const name = lang.toLowerCase();
  if (!lowlight.registered(name)) return null;
  const pieces: Piece[] = [];
  flat(lowlight.highlight(name, text) as Node, '', pieces);
  return pieces;
}
