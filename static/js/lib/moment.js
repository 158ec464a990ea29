// A form with data-player-moment sends where the player stands: <input type="hidden" name="at_s">.
import { $ } from 'videorama/lib/dom.js';

export function start() {
  document.addEventListener('submit', ({ target }) => {
    if (target.matches('[data-player-moment]')) target.elements.at_s.value = $('video-player video')?.currentTime ?? 0;
  }, true);
}
