// The upload protocol tus 1.0.0, as far as our own pages need it: begin, ask, send a piece, give up.
import { $ } from 'videorama/lib/dom.js';

const VERSION = '1.0.0';
const STREAM = 'application/offset+octet-stream';
const COLLECTION = '/import/upload/';
// Small enough for what proxies keep before they pass it on, large enough to cost nothing.
const PIECE_BYTES = 32 * 1024 * 1024;
// A connection that died while the laptop slept never says so.
const SILENT_MS = 45000;

/** What the server refused, in its own words; `status` 0 means that it was not reached. */
export class Refusal extends Error {
  constructor(status, message = '') {
    super(message);
    this.status = status;
  }
}

const token = () => JSON.parse($('body').getAttribute('hx-headers') ?? '{}')['X-CSRFToken'] ?? '';

const encode = (text) => {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
};

const metadata = (about) => Object.entries(about)
  .filter(([, value]) => value)
  .map(([key, value]) => `${key} ${encode(value)}`)
  .join(',');

function headers(more = {}) {
  return { 'Tus-Resumable': VERSION, 'X-CSRFToken': token(), ...more };
}

function problem(status, text) {
  try {
    return new Refusal(status, JSON.parse(text).error.message);
  } catch {
    return new Refusal(status);
  }
}

async function ask(method, address, more = {}) {
  let answer;
  try {
    answer = await fetch(address, { method, headers: headers(more), redirect: 'manual' });
  } catch {
    throw new Refusal(0);
  }
  // A redirect leads to the sign-in page.
  if (answer.type === 'opaqueredirect') throw new Refusal(401);
  if (!answer.ok) throw problem(answer.status, await answer.text());
  return answer;
}

/** The caller's uploads that have not arrived in full. */
export async function unfinished() {
  const found = [];
  for (let after = ''; after !== null;) {
    const page = await (await ask('GET', after ? `${COLLECTION}?after=${after}` : COLLECTION)).json();
    found.push(...page.items);
    after = page.next;
  }
  return found;
}

/** The address of a new upload. */
export async function begin(file, about) {
  const more = { 'Upload-Length': file.size, 'Upload-Metadata': metadata(about) };
  const answer = await ask('POST', COLLECTION, more);
  return new URL(answer.headers.get('Location'), location.href).pathname;
}

/** How many bytes the server has. */
export async function offsetOf(address) {
  const answer = await ask('HEAD', address);
  return Number(answer.headers.get('Upload-Offset'));
}

/** Takes back what was sent; one that is gone is fine. */
export async function giveUp(address) {
  try {
    await ask('DELETE', address);
  } catch (refusal) {
    if (refusal.status !== 404) throw refusal;
  }
}

/**
 * Sends the piece at `offset`; gives {offset, waits}: what the server has then, and what the file waits for. `onProgress` gets the bytes on their way,
 * `signal` stops it. Only XMLHttpRequest tells how far a body has come.
 */
export function send(file, address, offset, { onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    let timer = 0;
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => { reject(new Refusal(0)); stop(); }, SILENT_MS);
    };
    request.open('PATCH', address);
    for (const [name, value] of Object.entries(headers({ 'Upload-Offset': offset }))) request.setRequestHeader(name, value);
    request.setRequestHeader('Content-Type', STREAM);
    request.upload.onprogress = (event) => { watch(); onProgress(offset + event.loaded); };
    request.onload = () => {
      const there = request.getResponseHeader('Upload-Offset');
      const waits = request.getResponseHeader('Videorama-Waits');
      if (request.status === 204 && there) resolve({ offset: Number(there), waits });
      else reject(problem(request.status === 204 || request.status === 200 ? 401 : request.status, request.responseText));
    };
    request.onerror = () => reject(new Refusal(0));
    request.onabort = () => reject(new DOMException('', 'AbortError'));
    request.onloadend = () => { clearTimeout(timer); signal.removeEventListener('abort', stop); };
    watch();
    signal.addEventListener('abort', stop);
    request.send(file.slice(offset, offset + PIECE_BYTES));
  });
}
