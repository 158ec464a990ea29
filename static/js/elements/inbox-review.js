// <inbox-review>: keys for the one item that is open. Everything they do a button or link does too.
import { $, $$, isTyping } from 'videorama/lib/dom.js';

class InboxReview extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    document.addEventListener('keydown', (event) => this.key(event), { signal, capture: true });
    this.addEventListener('change', (event) => this.oneChoice(event.target));
    this.addEventListener('click', (event) => {
      if (event.target.closest('[data-review-skip]')) this.step(1);
    });
    // Until the answer is here, another key would decide what is about to be replaced.
    this.addEventListener('htmx:beforeRequest', () => { this.isBusy = true; }, { signal });
    this.addEventListener('htmx:afterRequest', () => { this.isBusy = false; }, { signal });
    const skip = $('[data-review-skip]', this);
    if (skip) skip.hidden = false;
    $('[data-review-new]', this)?.addEventListener('click', () => location.reload());
    this.watch(signal);
    this.showCurrent();
  }

  disconnectedCallback() {
    this.stop.abort();
  }

  /** Scrolls the queue alone: the page stays where the reader is. */
  showCurrent() {
    const queue = $('.review-queue', this);
    const line = queue && $('.review-item[aria-current]', queue);
    if (!line) return;
    queue.scrollTo({
      top: line.offsetTop - (queue.clientHeight - line.offsetHeight) / 2,
      left: line.offsetLeft - (queue.clientWidth - line.offsetWidth) / 2,
    });
  }

  /** Either a ranked library or one of the list. */
  oneChoice(changed) {
    if (changed.name === 'library') {
      const list = $('select[name=other]', this);
      if (list) list.value = '';
    }
    if (changed.name === 'other' && changed.value) {
      for (const radio of $$('input[name=library]', this)) radio.checked = false;
    }
  }

  key(event) {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    if ($('dialog[open]')) return;
    if (isTyping(event.target)) {
      if (event.key === 'Escape' && this.contains(event.target)) event.target.blur();
      return;
    }
    const act = this.act(event.key);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    if (!this.isBusy) act();
  }

  act(key) {
    const letter = key.length === 1 ? key.toLowerCase() : key;
    if (letter === 'j' || key === 'ArrowDown') return () => this.step(1);
    if (letter === 'k' || key === 'ArrowUp') return () => this.step(-1);
    if (key === '?') return () => $('#review-keys')?.showModal();
    if (letter === 'e') {
      const title = $('[data-review-title]', this);
      return title && (() => { title.focus(); title.select(); });
    }
    if (/^[1-9]$/.test(key)) {
      const choice = $(`[data-review-choice="${key}"]`, this);
      return choice && (() => choice.click());
    }
    const button = (letter === 'a' || letter === 'x') && $(`[data-review-key="${letter}"]`, this);
    return button && !button.disabled && (() => button.click());
  }

  step(by) {
    const items = $$('.review-item', this);
    const at = items.findIndex((item) => item.hasAttribute('aria-current'));
    items[Math.min(items.length - 1, Math.max(0, at + by))]?.click();
  }

  /** The badge of the menu changes when something arrives; then the queue offers to be shown anew. */
  watch(signal) {
    const had = Number(this.dataset.queue);
    const look = () => {
      const now = Number($('#inbox-count-side')?.dataset.count ?? had);
      const hint = $('[data-review-new]', this);
      if (hint) hint.hidden = now <= had || new URLSearchParams(location.search).has('kind');
    };
    const menu = $('.sidebar .nav');
    if (!menu) return;
    const observer = new MutationObserver(look);
    observer.observe(menu, { subtree: true, childList: true, attributes: true });
    signal.addEventListener('abort', () => observer.disconnect());
  }
}

customElements.define('inbox-review', InboxReview);
