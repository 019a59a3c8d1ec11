/** The writing direction of a list, quote or table: `dir="auto"` does not look into elements that have a direction. */
import type { Element, ElementContent } from 'hast';

const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const LETTER = /\p{L}/u;

export function textOf(node: ElementContent): string {
  if (node.type === 'text') return node.value;
  return node.type === 'element' ? node.children.map(textOf).join('') : '';
}

function firstLetter(node: ElementContent): string | undefined {
  if (node.type === 'text') return LETTER.exec(node.value)?.[0];
  if (node.type !== 'element' || node.tagName === 'code') return undefined; // code is in Latin script in any language
  for (const child of node.children) {
    const letter = firstLetter(child);
    if (letter) return letter;
  }
  return undefined;
}

export function directionOf(node: Element | undefined): 'rtl' | 'ltr' {
  const letter = node && firstLetter(node);
  return letter && RIGHT_TO_LEFT.test(letter) ? 'rtl' : 'ltr';
}
