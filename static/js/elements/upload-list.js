// <upload-list> shows the files this page is sending, with a bar and buttons each. The rows come from the
// template #upload-row; data-dock hides the list while another one is on the page.
import { $, $$ } from 'videorama/lib/dom.js';
import { pause, remove, resume, uploads } from 'videorama/lib/uploads.js';
import { word } from 'videorama/lib/words.js';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
const language = document.documentElement.lang || 'en';

function size(bytes) {
  const at = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const digits = { style: 'unit', unit: UNITS[at], unitDisplay: 'short', maximumFractionDigits: at > 1 ? 1 : 0 };
  return new Intl.NumberFormat(language, digits).format(bytes / 1024 ** at);
}

/** How long the rest takes at the pace so far; empty in the first seconds. */
function left({ file, from, sent }) {
  const seconds = from ? (Date.now() - from.at) / 1000 : 0;
  if (seconds < 3 || sent <= from.sent) return '';
  const rest = ((file.size - sent) * seconds) / (sent - from.sent);
  const [value, unit] = rest < 60 ? [rest, 'second'] : rest < 3600 ? [rest / 60, 'minute'] : [rest / 3600, 'hour'];
  const time = new Intl.NumberFormat(language, { style: 'unit', unit, maximumFractionDigits: 0 }).format(Math.ceil(value));
  return word('upload-left').replace('%(time)s', time);
}

function says(upload) {
  const { state, message, file, sent } = upload;
  if (state === 'failed') return message;
  const text = word(`upload-${state === 'done' && upload.waits ? 'alone' : state}`)
    .replace('%(name)s', file.name).replace('%(sent)s', size(Math.min(sent, file.size))).replace('%(size)s', size(file.size));
  return [text, state === 'sending' && left(upload)].filter(Boolean).join(' · ');
}

class UploadList extends HTMLElement {
  #rows = new Map();

  connectedCallback() {
    document.addEventListener('videorama:uploads', this.#show);
    this.addEventListener('click', this.#act);
    this.#tellOthers();
  }

  disconnectedCallback() {
    document.removeEventListener('videorama:uploads', this.#show);
    this.removeEventListener('click', this.#act);
    this.#rows.clear();
    this.#tellOthers();
  }

  // Only one list shows at a time.
  #tellOthers() {
    queueMicrotask(() => document.dispatchEvent(new CustomEvent('videorama:uploads', { detail: {} })));
  }

  #show = () => {
    const isElsewhere = 'dock' in this.dataset && $$('upload-list').some((one) => one !== this);
    this.hidden = !uploads.length || isElsewhere;
    const list = $('[data-rows]', this);
    for (const [upload, row] of this.#rows) {
      if (uploads.includes(upload)) continue;
      if (row.contains(document.activeElement)) ($('button', row.nextElementSibling ?? row.previousElementSibling ?? this) ?? document.body).focus();
      row.remove();
      this.#rows.delete(upload);
    }
    for (const upload of uploads) {
      if (!this.#rows.has(upload)) this.#rows.set(upload, list.appendChild(this.#row(upload)));
      this.#fill(this.#rows.get(upload), upload);
    }
    for (const old of $$('[data-unfinished-upload]')) {
      old.hidden = uploads.some((one) => one.address.includes(old.dataset.unfinishedUpload));
    }
    $('[data-clear]', this).hidden = !uploads.some((one) => one.state === 'done');
  };

  #row({ file }) {
    const row = $('#upload-row').content.firstElementChild.cloneNode(true);
    $('b', row).textContent = file.name;
    for (const part of $$('[aria-label]', row)) part.setAttribute('aria-label', part.getAttribute('aria-label').replace('%(name)s', file.name));
    return row;
  }

  #fill(row, upload) {
    row.dataset.state = upload.state;
    const text = says(upload);
    const place = $('[data-says]', row);
    if (place.textContent !== text) place.textContent = text;
    $('progress', row).value = Math.min(100, (100 * upload.sent) / Math.max(1, upload.file.size));
    $('progress', row).hidden = upload.state === 'failed' || upload.state === 'done';
    $('[data-do=pause]', row).hidden = !['sending', 'cut', 'waiting'].includes(upload.state);
    $('[data-do=resume]', row).hidden = !(upload.state === 'paused' || (upload.state === 'failed' && upload.address));
    $('[data-problem]', row).hidden = upload.state !== 'failed';
  }

  #act = (event) => {
    const button = event.target.closest('button');
    if (button && 'clear' in button.dataset) [...uploads].filter((one) => one.state === 'done').forEach(remove);
    const [upload] = [...this.#rows].find(([, row]) => row.contains(button)) ?? [];
    if (!button || !upload) return;
    ({ pause, resume, remove })[button.dataset.do](upload);
    // The button that was pressed is away; its counterpart stands there now.
    if (button.hidden) $('button:not([hidden])', this.#rows.get(upload))?.focus();
  };
}

customElements.define('upload-list', UploadList);
