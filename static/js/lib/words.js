// Sentences the scripts say; the server translates them into the template #words.
import { $ } from 'videorama/lib/dom.js';

/** The translated sentence called `name`. */
export const word = (name) =>
  $(`[data-word="${name}"]`, $('#words')?.content ?? document)?.textContent ?? '';
