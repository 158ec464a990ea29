// <token-field data-source="…"> around one text input: its comma separated words become chips, and the server
// completes what is being typed. The input keeps its name and value, so the form is the same without scripts.
import { $, $$ } from 'videorama/lib/dom.js';

const WAIT_MS = 150;
let number = 0;

const words = (text) => text.split(/[,\n]/).map((word) => word.trim()).filter(Boolean);

class TokenField extends HTMLElement {
  #timer = 0;

  connectedCallback() {
    if (this.dataset.ready) return;
    this.dataset.ready = '1';
    const source = $('input', this);
    // What is sent; what is typed into gets the id, so that labels still find it.
    this.held = Object.assign(document.createElement('input'), { type: 'hidden', name: source.name, value: '' });
    if (source.hasAttribute('form')) this.held.setAttribute('form', source.getAttribute('form'));
    this.typed = source;
    this.list = Object.assign(document.createElement('ul'), { className: 'token-options', id: `tokens-${(number += 1)}`, hidden: true });
    this.list.setAttribute('role', 'listbox');
    this.list.setAttribute('aria-label', source.dataset.placeholder);
    source.removeAttribute('name');
    source.setAttribute('placeholder', source.dataset.placeholder);
    for (const [name, value] of [['role', 'combobox'], ['aria-autocomplete', 'list'], ['aria-expanded', 'false'], ['aria-controls', this.list.id]]) {
      source.setAttribute(name, value);
    }
    this.append(this.held, this.list);
    const given = words(source.value);
    source.value = '';
    given.forEach((word) => this.#add(word));
    source.addEventListener('keydown', this.#key);
    source.addEventListener('input', this.#type);
    // At once: the press that ends the typing may be the one that sends the form.
    source.addEventListener('blur', () => this.#take(source.value));
    this.addEventListener('click', this.#click);
    this.list.addEventListener('mousedown', (event) => event.preventDefault());
  }

  get tokens() {
    return $$('.chip', this).map((chip) => chip.dataset.word);
  }

  get #options() {
    return $$('[role=option]', this.list);
  }

  #click = (event) => {
    const option = event.target.closest('[role=option]');
    if (option) this.#take(option.dataset.word);
    else if (event.target.closest('.chip button')) event.target.closest('.chip').remove();
    else if (event.target.closest('.chip')) return;
    this.#write();
    this.typed.focus();
  };

  #type = () => {
    if (/[,\n]/.test(this.typed.value)) this.#take(this.typed.value);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#ask, WAIT_MS);
  };

  #ask = async () => {
    const typed = this.typed.value.trim();
    if (!typed) return this.#close();
    const address = new URL(this.dataset.source, location.href);
    address.searchParams.set('q', typed);
    const answer = await fetch(address, { headers: { 'HX-Request': 'true' } }).catch(() => null);
    if (!answer?.ok || typed !== this.typed.value.trim()) return undefined;
    this.list.innerHTML = await answer.text();
    const had = this.tokens.map((word) => word.toLowerCase());
    this.#options.filter((one) => had.includes(one.dataset.word.toLowerCase())).forEach((one) => one.remove());
    this.#options.forEach((one, at) => { one.id = `${this.list.id}-${at}`; });
    this.list.hidden = !this.#options.length;
    this.typed.setAttribute('aria-expanded', String(!this.list.hidden));
    return undefined;
  };

  #key = (event) => {
    const at = this.#options.findIndex((one) => one.getAttribute('aria-selected') === 'true');
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Enter') {
      event.preventDefault();
      this.#take(at >= 0 ? this.#options[at].dataset.word : this.typed.value);
    } else if (step && !this.list.hidden) {
      event.preventDefault();
      this.#mark((at + step + this.#options.length) % this.#options.length);
    } else if (event.key === 'Escape' && !this.list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      this.#close();
    } else if (event.key === 'Backspace' && !this.typed.value) {
      $$('.chip', this).at(-1)?.remove();
      this.#write();
    }
  };

  #mark(at) {
    this.#options.forEach((one, index) => one.setAttribute('aria-selected', String(index === at)));
    this.typed.setAttribute('aria-activedescendant', this.#options[at]?.id ?? '');
  }

  #take(text) {
    words(text).forEach((word) => this.#add(word));
    this.typed.value = '';
    this.#close();
  }

  #add(word) {
    if (this.tokens.some((one) => one.toLowerCase() === word.toLowerCase())) return;
    const chip = $('#token').content.firstElementChild.cloneNode(true);
    chip.dataset.word = word;
    $('bdi', chip).textContent = word;
    $('button', chip).setAttribute('aria-label', this.dataset.remove.replace('{name}', word));
    this.typed.before(chip);
    this.#write();
  }

  #write() {
    this.held.value = this.tokens.join(', ');
  }

  #close() {
    clearTimeout(this.#timer);
    this.list.hidden = true;
    this.list.replaceChildren();
    this.typed.setAttribute('aria-expanded', 'false');
    this.typed.removeAttribute('aria-activedescendant');
  }
}

customElements.define('token-field', TokenField);
