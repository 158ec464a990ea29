// Who was in a part of the page that a request replaces gets on from data-swap-focus, not from the top.
import { $ } from 'videorama/lib/dom.js';

let left = null;

export function start() {
  document.addEventListener('htmx:beforeRequest', ({ detail: { target } }) => {
    if (target?.id && target.contains(document.activeElement)) left = target;
  });
  document.addEventListener('htmx:afterSettle', () => {
    if (!left || left.isConnected) return;
    const place = document.getElementById(left.id);
    left = null;
    if (place && document.activeElement === document.body) $('[data-swap-focus]', place)?.focus({ preventScroll: true });
  });
}
