// Keys of the frame: / search, ? help, I import, G then a letter to go somewhere.
import { $, isTyping } from 'videorama/lib/dom.js';

const CHORD_MS = 900;

const follow = (selector) => $(selector)?.click();
const search = () => $('.command-field input')?.focus();
const places = {
  l: () => follow('.sidebar .nav-item[data-key=l]'),
  j: () => follow('.sidebar .nav-item[data-key=j]'),
  n: () => follow('.sidebar .nav-item[data-key=n]'),
};
const keys = {
  '/': search,
  '?': () => $('#shortcuts')?.showModal(),
  i: () => follow('.sidebar .nav-item[data-key=i]'),
};

export function start() {
  let since = 0;
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.altKey) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key !== 'k') return;
      event.preventDefault();
      search();
      return;
    }
    if (isTyping(event.target) || $('dialog[open]')) return;
    const isChord = Date.now() - since < CHORD_MS;
    since = event.key === 'g' ? Date.now() : 0;
    const act = isChord ? places[event.key] : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
