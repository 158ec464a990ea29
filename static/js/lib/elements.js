// Custom elements load when a page first holds one: <video-player> is videorama/elements/video-player.js.
import { $$ } from 'videorama/lib/dom.js';

const asked = new Set();

function load() {
  for (const { localName } of $$(':not(:defined)')) {
    if (asked.has(localName)) continue;
    asked.add(localName);
    import(`videorama/elements/${localName}.js`);
  }
}

export function start() {
  load();
  document.addEventListener('htmx:load', load);
}
