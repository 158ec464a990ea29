// The bell: says what is new when its part of the frame comes in again, by socket or by poll.
import { $ } from 'videorama/lib/dom.js';
import { toast } from 'videorama/lib/toast.js';

const state = () => $('#bell')?.dataset ?? {};
const newest = () => Number(state().newest ?? 0);
const key = () => `${state().unread} ${state().newest}`;
let shown = '';
let seen = 0;

function compare() {
  if (key() === shown) return;
  shown = key();
  if (newest() > seen) toast(state().said, { tone: state().toneSaid, about: state().about });
  seen = Math.max(seen, newest());
  // Lists of messages on the page ask for themselves again.
  document.body.dispatchEvent(new CustomEvent('videorama:bell'));
}

export function start() {
  const bell = $('.bell');
  if (!bell) return;
  [shown, seen] = [key(), newest()];
  new MutationObserver(compare).observe(bell, { childList: true });
}
