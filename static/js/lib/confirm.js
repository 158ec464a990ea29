// One question before an act that cannot be taken back.
// A button may ask in the place of its form. Without scripts the form simply posts.
//   <form id="…" method="post" data-confirm="Cancel this job?" data-confirm-text="…" data-confirm-yes="Cancel job">
// The id lets the answer reach the form that has meanwhile taken its place in a live fragment.
import { $ } from 'videorama/lib/dom.js';

function ask(asking) {
  const dialog = $('#confirm');
  $('#confirm-title').textContent = asking.dataset.confirm;
  $('#confirm-text').textContent = asking.dataset.confirmText ?? '';
  $('#confirm-yes').textContent = asking.dataset.confirmYes ?? '';
  dialog.returnValue = '';
  asking.closest('[popover]')?.hidePopover();
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
    const { submitter } = event;
    const question = submitter?.matches('[data-confirm]') ? submitter : asking;
    if (!question.matches('[data-confirm]') || confirmed.delete(asking)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!(await ask(question))) return;
    const form = asking.isConnected ? asking : document.getElementById(asking.id);
    if (!form) return;
    confirmed.add(form);
    form.requestSubmit(form.contains(submitter) ? submitter : undefined);
  }, true);
}
