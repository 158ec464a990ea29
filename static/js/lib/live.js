// One socket per page. Sockets make it fast, polling makes it true: fragments that listen to
// `videorama:poll` on the body fetch themselves again, every 2 s while the socket is down and every
// 10 s while it is up and something is unfinished.
import { $, $$ } from 'videorama/lib/dom.js';
import { receive } from 'videorama/lib/swap.js';
import { word } from 'videorama/lib/words.js';

const PATH = '/ws/pages';
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30000;
const POLL_DOWN_MS = 2000;
const POLL_UP_MS = 10000;
const NOT_SIGNED_IN = 4401;

let socket = null;
let views = null;
let tries = 0;
let retry = 0;
let polledAt = Date.now();

const wantedViews = () => $('#main [data-live-views]')?.dataset.liveViews ?? '';
const isUp = () => document.body.dataset.socket === 'up';

function show(state) {
  document.body.dataset.socket = state;
  for (const place of $$('[data-live-status]')) place.textContent = word(`socket-${state}`);
}

function connect() {
  clearTimeout(retry);
  views = wantedViews();
  const address = new URL(PATH, location.href);
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  if (views) address.searchParams.set('views', views);
  const mine = new WebSocket(address);
  const left = socket;
  socket = mine;
  left?.close();
  mine.addEventListener('open', () => {
    if (mine !== socket) return;
    tries = 0;
    // Whatever ended while nobody listened.
    const mayHaveMissed = document.body.dataset.socket === 'down' || $('[data-unfinished]');
    show('up');
    if (mayHaveMissed) poll();
  });
  mine.addEventListener('message', (event) => { if (mine === socket) receive(event.data); });
  mine.addEventListener('close', (event) => {
    if (mine !== socket) return;
    socket = null;
    show('down');
    if (event.code !== NOT_SIGNED_IN) connectLater();
  });
}

function connectLater() {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries);
  tries += 1;
  // Half fixed, half chance, so that not everybody comes back at once.
  retry = setTimeout(connect, longest / 2 + (Math.random() * longest) / 2);
}

function connectNow() {
  if (!socket) connect();
}

function poll() {
  polledAt = Date.now();
  document.body.dispatchEvent(new CustomEvent('videorama:poll'));
}

function pollWhenDue() {
  if (document.hidden) return;
  const waited = Date.now() - polledAt;
  if (isUp() ? waited >= POLL_UP_MS && $('[data-unfinished]') : waited >= POLL_DOWN_MS) poll();
}

/** A page part marked data-poll-open rests once nothing in it is unfinished, until one of its own forms acts. */
function restWhenDone(event) {
  const { elt, requestConfig } = event.detail;
  const isDue = requestConfig?.triggeringEvent?.type === 'videorama:poll' && elt.matches('[data-poll-open]');
  if (isDue && requestConfig.triggeringEvent.target === document.body && !$('[data-unfinished]', elt)) event.preventDefault();
}

function followPage() {
  if (wantedViews() !== views) connect();
  show(document.body.dataset.socket);
}

export function start() {
  connect();
  setInterval(pollWhenDue, 500);
  document.addEventListener('htmx:afterSettle', (event) => { if (event.target.id === 'main') followPage(); });
  document.addEventListener('htmx:historyRestore', followPage);
  document.addEventListener('htmx:beforeRequest', restWhenDone);
  addEventListener('online', connectNow);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) connectNow(); });
  addEventListener('pageshow', (event) => { if (event.persisted) connectNow(); });
}
