// Moments in the reader's own zone, and spans as 3:12. The server writes both in words for those without scripts.
import { $$, clock } from 'videorama/lib/dom.js';

const language = document.documentElement.lang;
const format = (options) => new Intl.DateTimeFormat(language, options);
const formats = {
  time: format({ timeStyle: 'medium', hourCycle: 'h23' }),
  date: format({ dateStyle: 'medium' }),
  full: format({ dateStyle: 'medium', timeStyle: 'short' }),
  short: format({ timeStyle: 'short' }),
};

function written(moment, how) {
  // A moment of today needs no date.
  const isToday = new Date().toDateString() === moment.toDateString();
  const name = how === 'moment' ? (isToday ? 'short' : 'full') : how;
  return formats[name].format(moment);
}

function write(root) {
  for (const element of $$('time[data-local]', root)) {
    element.textContent = written(new Date(element.dateTime), element.dataset.local);
    element.title = formats.full.format(new Date(element.dateTime));
  }
  for (const element of $$('[data-seconds]', root)) {
    element.textContent = clock(Math.round(Number(element.dataset.seconds)));
  }
  spans(root);
}

function spans(root = document) {
  for (const element of $$('[data-span-from]', root)) {
    const { spanFrom, spanTo } = element.dataset;
    const end = spanTo ? Date.parse(spanTo) : Date.now();
    const text = clock((end - Date.parse(spanFrom)) / 1000);
    if (element.textContent !== text) element.textContent = text;
  }
}

export function start() {
  write(document);
  setInterval(spans, 1000);
  document.addEventListener('htmx:load', (event) => write(event.target));
}
