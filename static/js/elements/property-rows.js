// <property-rows>: more rows of name and value, and fewer. Without scripts one empty row is there each time.
import { $, $$ } from 'videorama/lib/dom.js';

class PropertyRows extends HTMLElement {
  connectedCallback() {
    this.addEventListener('click', this.#click);
  }

  #click = (event) => {
    const part = event.target.closest('[data-part]')?.dataset.part;
    const rows = $$('.property-row', this);
    if (part === 'add') {
      const row = rows.at(-1).cloneNode(true);
      $$('input', row).forEach((input) => { input.value = ''; });
      rows.at(-1).after(row);
      $('input', row).focus();
    } else if (part === 'remove') {
      const row = event.target.closest('.property-row');
      // The last one is the model of those to come.
      if (rows.length > 1 && row !== rows.at(-1)) row.remove();
      else $$('input', row).forEach((input) => { input.value = ''; });
      $('[data-part=add]', this).focus();
    }
  };
}

customElements.define('property-rows', PropertyRows);
