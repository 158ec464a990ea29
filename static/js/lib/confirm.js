// One question before an act that cannot be taken back. Without scripts the form simply posts.
//   <form id="…" method="post" data-confirm="Cancel this job?" data-confirm-text="…" data-confirm-yes="Cancel job">
// The id lets the answer reach the form that has meanwhile taken its place in a live fragment.
import { $ } from 'videorama/lib/dom.js';

function ask(form) {
  const dialog = $('#confirm');
  $('#confirm-title').textContent = form.dataset.confirm;
  $('#confirm-text').textContent = form.dataset.confirmText ?? '';
  $('#confirm-yes').textContent = form.dataset.confirmYes ?? '';
  dialog.returnValue = '';
  form.closest('[popover]')?.hidePopover();
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

export function start() {
  const confirmed = new WeakSet();
  // Capturing, so that neither the browser nor htmx sees the submit before the answer.
  document.addEventListener('submit', async (event) => {
    const asking = event.target;
    if (!asking.matches('[data-confirm]') || confirmed.delete(asking)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter } = event;
    if (!(await ask(asking))) return;
    const form = asking.isConnected ? asking : document.getElementById(asking.id);
    if (!form) return;
    confirmed.add(form);
    form.requestSubmit(form.contains(submitter) ? submitter : undefined);
  }, true);
}
