// <template-field>: buttons with data-insert put their variable where the cursor stands.
class TemplateField extends HTMLElement {
  connectedCallback() {
    this.addEventListener('click', this.#insert);
  }

  disconnectedCallback() {
    this.removeEventListener('click', this.#insert);
  }

  #insert = (event) => {
    const name = event.target.closest('[data-insert]')?.dataset.insert;
    if (!name) return;
    const input = this.querySelector('input');
    const { selectionStart: from, selectionEnd: to } = input;
    input.setRangeText(`{${name}}`, from, to, 'end');
    input.focus();
    input.dispatchEvent(new Event('input', { bubbles: true }));
  };
}

customElements.define('template-field', TemplateField);
