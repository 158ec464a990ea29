// <entry-selection> around a list of cards: tick boxes, shift for a range, Ctrl or ⌘ A for all that is
// shown, Escape for none. The bar below the list appears with the first tick and posts them as one form.
import { $, $$, isTyping } from 'videorama/lib/dom.js';

class EntrySelection extends HTMLElement {
  #last = null;

  connectedCallback() {
    this.addEventListener('click', this.#click);
    this.addEventListener('change', this.#changed);
    this.addEventListener('htmx:afterSwap', this.#swapped);
    // In a choice Enter would press the first button of the form, which belongs to another dialog.
    this.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && event.target.matches('dialog :is([type=radio], [type=checkbox])')) event.preventDefault();
    });
    document.addEventListener('keydown', this.#key);
    window.addEventListener('pageshow', this.#show);
    this.#show();
  }

  disconnectedCallback() {
    document.removeEventListener('keydown', this.#key);
    window.removeEventListener('pageshow', this.#show);
  }

  get #boxes() {
    return $$('.media-select input', this);
  }

  #part(name) {
    return $(`[data-part=${name}]`, this);
  }

  #click = (event) => {
    const part = event.target.closest('[data-part]')?.dataset.part;
    if (part === 'toggle') this.#selecting(!('selecting' in this.dataset));
    else if (part === 'clear') this.#clear();
    else if (part === 'all') this.#everything(true);
    else if (event.target.matches('.media-select input')) this.#tick(event.target, event.shiftKey);
    else this.#pick(event);
  };

  /** While selecting, a card is its own tick box. */
  #pick(event) {
    if (!('selecting' in this.dataset) || event.ctrlKey || event.metaKey) return;
    const box = event.target.closest('.media-title a') && $('.media-select input', event.target.closest('.media-card'));
    if (!box) return;
    event.preventDefault();
    box.checked = !box.checked;
    this.#tick(box, event.shiftKey);
    this.#show();
  }

  #tick(box, isRange) {
    const boxes = this.#boxes;
    const from = boxes.indexOf(this.#last);
    if (isRange && from >= 0) {
      const to = boxes.indexOf(box);
      boxes.slice(Math.min(from, to), Math.max(from, to) + 1).forEach((one) => { one.checked = box.checked; });
    }
    this.#last = box;
  }

  #changed = (event) => {
    if (!event.target.matches('.media-select input')) return;
    if (!event.target.checked) this.#everything(false);
    this.#show();
  };

  #swapped = () => {
    // More cards of a list that is selected as a whole.
    if (this.#part('everything')?.value) this.#boxes.forEach((box) => { box.checked = true; });
    this.#show();
  };

  #key = (event) => {
    if (isTyping(event.target) || event.altKey || $('dialog[open], :popover-open')) return;
    if (event.key === 'a' && (event.ctrlKey || event.metaKey) && this.#boxes.length) {
      event.preventDefault();
      this.#boxes.forEach((box) => { box.checked = true; });
      this.#show();
    } else if (event.key === 'Escape' && (this.#boxes.some((box) => box.checked) || 'selecting' in this.dataset)) {
      this.#clear();
    }
  };

  #selecting(on) {
    this.toggleAttribute('data-selecting', on);
    this.#part('toggle').setAttribute('aria-pressed', String(on));
    if (!on) this.#clear();
  }

  #everything(on) {
    const field = this.#part('everything');
    if (!field || Boolean(field.value) === on) return;
    field.value = on ? '1' : '';
    if (on) this.#boxes.forEach((box) => { box.checked = true; });
    this.#show();
  }

  #clear() {
    this.#boxes.forEach((box) => { box.checked = false; });
    this.#last = null;
    this.#everything(false);
    this.removeAttribute('data-selecting');
    this.#part('toggle').setAttribute('aria-pressed', 'false');
    this.#show();
  }

  #show = () => {
    const bar = $('.bulk-bar', this);
    if (!bar) return;
    const count = this.#boxes.filter((box) => box.checked).length;
    const [line, all] = [this.#part('count'), this.#part('all')];
    const isAll = Boolean(this.#part('everything').value);
    bar.toggleAttribute('data-open', count > 0);
    line.textContent = (isAll ? line.dataset.all : line.dataset.one).replace('{count}', isAll ? all.dataset.count : count);
    // Only where the list goes on behind what is shown.
    all.hidden = isAll || count < this.#boxes.length || !$('#more', this);
  };
}

customElements.define('entry-selection', EntrySelection);
