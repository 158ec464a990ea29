// <job-log>: the log follows its end until the reader scrolls up, and shows only the levels asked for.
//   [data-log] the scrolling box, [data-log-follow] a checkbox, [data-log-level] a select of least levels.
import { $ } from 'videorama/lib/dom.js';

const NEAR_PX = 24;

class JobLog extends HTMLElement {
  connectedCallback() {
    this.box = $('[data-log]', this);
    this.follow = $('[data-log-follow]', this);
    this.level = $('[data-log-level]', this);
    this.follow.addEventListener('change', this.#toEnd);
    this.level.addEventListener('change', this.#filter);
    this.box.addEventListener('scroll', this.#scrolled, { passive: true });
    this.lines = new MutationObserver(this.#toEnd);
    this.lines.observe(this.box, { childList: true, subtree: true });
    document.addEventListener('htmx:configRequest', this.#askForMore);
    this.#filter();
  }

  disconnectedCallback() {
    this.lines.disconnect();
    document.removeEventListener('htmx:configRequest', this.#askForMore);
  }

  // Without a socket the polled page parts bring the lines behind the last one shown.
  #askForMore = (event) => {
    if (!event.target.contains(this)) return;
    const last = $('[data-log] li:last-child', this);
    event.detail.parameters.after = last?.id.replace('line-', '') ?? 0;
  };

  #isAtEnd = () => this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight <= NEAR_PX;

  // Scrolling up is a wish to read, scrolling back to the end one to follow.
  #scrolled = () => {
    const { scrollHeight } = this.box;
    if (scrollHeight === this.height) this.follow.checked = this.#isAtEnd();
    this.height = scrollHeight;
  };

  #toEnd = () => {
    if (this.follow.checked) this.box.scrollTop = this.box.scrollHeight;
    this.height = this.box.scrollHeight;
  };

  #filter = () => {
    this.box.dataset.least = this.level.value;
    this.#toEnd();
  };
}

customElements.define('job-log', JobLog);
