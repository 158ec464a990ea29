// <copy-button for="id"><button>…</button></copy-button> copies the value or text of the element `id`.
import { toast } from 'videorama/lib/toast.js';
import { word } from 'videorama/lib/words.js';

class CopyButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener('click', this.#copy);
  }

  disconnectedCallback() {
    this.removeEventListener('click', this.#copy);
  }

  #copy = async () => {
    const source = document.getElementById(this.getAttribute('for'));
    try {
      await navigator.clipboard.writeText(source.value ?? source.innerText);
      toast(word('copied'));
    } catch {
      // No clipboard without https: leave the text selected.
      getSelection().selectAllChildren(source);
      source.select?.();
      toast(word('copy-failed'), { tone: 'info' });
    }
  };
}

customElements.define('copy-button', CopyButton);
