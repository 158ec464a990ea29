// Short messages. The server sends them as HX-Trigger {"toast": {"message", "tone", "undo"}} or renders them into #toasts.
import { $, $$ } from 'videorama/lib/dom.js';
import { word } from 'videorama/lib/words.js';

const SHOWN_MS = 6000;
// Long enough to see what happened before deciding.
const UNDO_SHOWN_MS = 20000;

export function toast(message, { tone = 'good', detail = '', undo = '', about = '' } = {}) {
  const model = $(`#toast-${tone}`) ?? $('#toast-good');
  if (!model) return;
  const element = model.content.firstElementChild.cloneNode(true);
  $('b', element).textContent = message;
  if (detail) {
    const small = document.createElement('small');
    small.textContent = detail;
    $('b', element).after(small);
  }
  const form = $('[data-undo]', element);
  if (undo) form?.setAttribute('action', undo);
  else form?.remove();
  // What is said anew of the same thing takes the place of what was said before.
  if (about) $$('#toasts > .toast').filter((one) => one.dataset.about === about).forEach((one) => one.remove());
  element.dataset.about = about;
  $('#toasts').append(element);
  fade(element);
}

// Bad news stays until it is read.
function fade(element) {
  if (element.dataset.tone === 'bad') return;
  const go = () => {
    // Not while somebody is about to press its button.
    if (element.matches(':hover, :focus-within')) setTimeout(go, SHOWN_MS);
    else element.remove();
  };
  setTimeout(go, $('[data-undo]', element) ? UNDO_SHOWN_MS : SHOWN_MS);
}

export function start() {
  $$('#toasts > .toast').forEach(fade);
  document.addEventListener('toast', (event) => {
    const { message, text, ...rest } = event.detail;
    toast(message ?? text ?? '', rest);
  });
  document.addEventListener('click', (event) => {
    event.target.closest('[data-dismiss]')?.closest('.toast, .notice')?.remove();
  });
  document.addEventListener('htmx:responseError', (event) => {
    const { xhr } = event.detail;
    const saysItself = ['HX-Trigger', 'HX-Redirect', 'HX-Refresh', 'HX-Retarget'];
    if (saysItself.some((name) => xhr.getResponseHeader(name))) return;
    if (isPoll(event)) return;
    toast(word('failed'), { tone: 'bad', detail: word('failed-detail') });
  });
  document.addEventListener('htmx:sendError', (event) => {
    if (!isPoll(event)) toast(word('offline'), { tone: 'bad', detail: word('offline-detail') });
  });
}

const isPoll = (event) => event.detail.requestConfig?.triggeringEvent?.type === 'videorama:poll';
