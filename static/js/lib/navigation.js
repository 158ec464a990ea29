// What a boosted swap of #main leaves to do: the current entry of the menus, and focus.
import { $, $$, announce } from 'videorama/lib/dom.js';

function isAt(entry, path) {
  return entry.dataset.at.split(' ').some((at) => (at[0] === '=' ? path === at.slice(1) : path.startsWith(at)));
}

function mark() {
  for (const entry of $$('[data-at]')) {
    if (isAt(entry, location.pathname)) entry.setAttribute('aria-current', 'page');
    else entry.removeAttribute('aria-current');
  }
}

function arrive() {
  $$('[popover]:popover-open').forEach((open) => open.hidePopover());
  mark();
  $('#main').focus({ preventScroll: true });
  announce(document.title);
}

export function start() {
  mark();
  document.addEventListener('htmx:pushedIntoHistory', mark);
  document.addEventListener('htmx:afterSettle', (event) => { if (event.target.id === 'main') arrive(); });
  document.addEventListener('htmx:historyRestore', arrive);
}
