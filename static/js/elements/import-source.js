// <import-source>: a preview belongs to the address it was made from, so another address ends it.
class ImportSource extends HTMLElement {
  connectedCallback() {
    this.addEventListener('input', (event) => {
      if (event.target.name === 'url') this.querySelector('#preview').replaceChildren();
    });
  }
}

customElements.define('import-source', ImportSource);
