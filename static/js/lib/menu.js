// Popover menus open beside the button that called them; dialogs open and close by attribute.
import { $ } from 'videorama/lib/dom.js';

const EDGE_PX = 8;
let caller = null;

function place(menu, button) {
  const box = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = Math.max(EDGE_PX, Math.min(box.left, innerWidth - width - EDGE_PX));
  const isBelow = box.bottom + height + EDGE_PX <= innerHeight;
  menu.style.inset = 'auto';
  menu.style.left = `${left}px`;
  menu.style.top = `${isBelow ? box.bottom + 4 : Math.max(EDGE_PX, box.top - height - 4)}px`;
}

export function start() {
  document.addEventListener('click', (event) => {
    caller = event.target.closest('[popovertarget]') ?? caller;
    const opener = event.target.closest('[data-open-dialog]');
    if (opener) {
      opener.closest('[popover]')?.hidePopover();
      const dialog = $(`#${CSS.escape(opener.dataset.openDialog)}`);
      // A link that opens a dialog leads to a page of its own without scripts.
      if (dialog) event.preventDefault();
      dialog?.showModal();
      // What is asked comes before the button that closes.
      dialog?.querySelector('.dialog-body :is(input:not([type=hidden], [type=radio]), select, textarea)')?.focus();
    }
    // A click on the backdrop reaches the dialog itself.
    if (event.target.matches('dialog')) event.target.close();
  }, true);
  document.addEventListener('toggle', (event) => {
    const menu = event.target;
    if (event.newState !== 'open' || !menu.matches?.('.menu[popover], .tray-panel')) return;
    if (caller?.getAttribute('popovertarget') === menu.id) place(menu, caller);
  }, true);
}
