// The number of open jobs, carried from the tray to the menus that show it too.
import { $, $$ } from 'videorama/lib/dom.js';

function carry() {
  const count = Number($('#tray')?.dataset.open ?? 0);
  for (const place of $$('[data-open-jobs]')) {
    place.textContent = count;
    place.hidden = count === 0;
  }
}

export function start() {
  carry();
  new MutationObserver(carry).observe($('.tray'), { childList: true });
}
