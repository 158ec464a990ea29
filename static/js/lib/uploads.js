// The files this page is sending: a queue that goes on after cuts and lives through boosted navigation.
// Whoever shows it listens to `videorama:uploads` on the document and reads `uploads`.
import { announce } from 'videorama/lib/dom.js';
import * as tus from 'videorama/lib/tus.js';
import { word } from 'videorama/lib/words.js';

const AT_ONCE = 2;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 20000;
const SUBTITLES = /\.(srt|vtt|ass|ssa)$/i;
const OTHER_TYPES = /^(image|text|font)\/|\/(pdf|zip|json|javascript|x-7z|vnd\.(openxml|oasis|ms-))/;
// The server is busy or away: the same request may work in a moment.
const PASSING = new Set([0, 408, 409, 423, 425, 429, 500, 502, 503, 504]);

/** Every file of this page, in the order they were chosen. state: waiting, sending, cut, paused, failed, done. */
export const uploads = [];

const fingerprint = (file) => `${file.name}-${file.size}-${file.lastModified}`;
const isBusy = (one) => one.state === 'sending' || one.state === 'cut';

function changed(upload) {
  document.dispatchEvent(new CustomEvent('videorama:uploads', { detail: { upload } }));
}

function set(upload, state, message = '') {
  Object.assign(upload, { state, message });
  changed(upload);
  if (state === 'done') announce(word('upload-said').replace('%(name)s', upload.file.name));
  if (state === 'failed') announce(`${upload.file.name}: ${message}`);
}

/** Takes files in; those that were begun earlier go on where they stopped. */
export async function add(files, { library = '' } = {}) {
  const batch = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;
  const known = await tus.unfinished().catch(() => []);
  for (const file of files) {
    const begun = known.find((one) => one.fingerprint === fingerprint(file) && !uploads.some((mine) => mine.address?.includes(one.id)));
    const upload = { file, library, batch, address: begun ? `/import/upload/${begun.id}` : '', sent: begun?.offset ?? 0, tries: 0 };
    uploads.push(upload);
    const isOther = OTHER_TYPES.test(file.type) && !SUBTITLES.test(file.name);
    if (isOther) set(upload, 'failed', word('upload-other'));
    else if (!file.size) set(upload, 'failed', word('upload-empty'));
    else set(upload, 'waiting');
  }
  next();
}

function next() {
  const free = AT_ONCE - uploads.filter(isBusy).length;
  uploads.filter((one) => one.state === 'waiting').slice(0, Math.max(0, free)).forEach(run);
}

async function run(upload) {
  upload.stop = new AbortController();
  set(upload, 'sending');
  try {
    await sendAll(upload);
    set(upload, 'done');
  } catch (error) {
    if (error.name === 'AbortError') return;
    if (PASSING.has(error.status)) return again(upload);
    set(upload, 'failed', error.message || word(error.status === 401 || error.status === 403 ? 'upload-signed-out' : 'failed'));
  } finally {
    next();
  }
}

async function sendAll(upload) {
  const { file, stop } = upload;
  let offset = upload.address ? await there(upload) : 0;
  if (!upload.address) {
    upload.address = await tus.begin(file, {
      filename: file.name, filetype: file.type, library: upload.library, batch: upload.batch, fingerprint: fingerprint(file),
    });
  }
  upload.from = { at: Date.now(), sent: offset };
  while (offset < file.size) {
    stop.signal.throwIfAborted();
    const onProgress = (sent) => { upload.sent = sent; changed(upload); };
    const got = await tus.send(file, upload.address, offset, { onProgress, signal: stop.signal });
    offset = got.offset;
    Object.assign(upload, { sent: offset, tries: 0, waits: got.waits });
  }
}

/** What the server has of it; an upload it has forgotten begins anew. */
async function there(upload) {
  try {
    return await tus.offsetOf(upload.address);
  } catch (refusal) {
    if (refusal.status !== 404 && refusal.status !== 410) throw refusal;
    upload.address = '';
    return 0;
  }
}

function again(upload) {
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** upload.tries);
  upload.tries += 1;
  set(upload, 'cut');
  upload.timer = setTimeout(() => run(upload), wait);
}

export function pause(upload) {
  clearTimeout(upload.timer);
  upload.stop?.abort();
  set(upload, 'paused');
  next();
}

export function resume(upload) {
  upload.tries = 0;
  set(upload, 'waiting');
  next();
}

/** Takes the file off the list; what had arrived of an unfinished one goes, too. */
export async function remove(upload) {
  clearTimeout(upload.timer);
  upload.stop?.abort();
  uploads.splice(uploads.indexOf(upload), 1);
  changed(upload);
  next();
  if (upload.address && upload.state !== 'done') await tus.giveUp(upload.address).catch(() => {});
}

addEventListener('online', () => {
  for (const upload of uploads.filter((one) => one.state === 'cut')) {
    clearTimeout(upload.timer);
    run(upload);
  }
});
addEventListener('beforeunload', (event) => {
  if (uploads.some((one) => isBusy(one) || one.state === 'waiting')) event.preventDefault();
});
