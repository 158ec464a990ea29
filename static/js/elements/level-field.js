// <level-field>: a slider that says its number in an <output>, and the words of the range it is in.
class LevelField extends HTMLElement {
  connectedCallback() {
    this.addEventListener('input', this.#show);
    this.#show();
  }

  disconnectedCallback() {
    this.removeEventListener('input', this.#show);
  }

  #show = () => {
    const slider = this.querySelector('input');
    const output = this.querySelector('output');
    output.textContent = output.textContent.replace(/\d+/, slider.value);
    const words = [...this.querySelectorAll('[data-from]')];
    const current = words.findLast((word) => Number(word.dataset.from) <= Number(slider.value));
    for (const word of words) word.hidden = word !== current;
  };
}

customElements.define('level-field', LevelField);
