// <folder-field>: a folder chosen in the list below goes into the field; the list closes.
class FolderField extends HTMLElement {
  connectedCallback() {
    this.addEventListener('click', this.#use);
    this.addEventListener('htmx:afterSettle', this.#enter);
  }

  disconnectedCallback() {
    this.removeEventListener('click', this.#use);
    this.removeEventListener('htmx:afterSettle', this.#enter);
  }

  #use = (event) => {
    const chosen = event.target.closest('[data-folder]');
    if (!chosen) return;
    event.preventDefault();
    const input = this.querySelector('input');
    input.value = chosen.dataset.folder;
    const root = this.querySelector('select');
    if (root) root.value = chosen.dataset.root;
    const closed = Object.assign(document.createElement('div'), { id: 'folder-browser' });
    this.querySelector('#folder-browser').replaceWith(closed);
    input.focus();
  };

  // Keyboards go on in the list that has just come.
  #enter = () => this.querySelector('#folder-browser')?.focus();
}

customElements.define('folder-field', FolderField);
