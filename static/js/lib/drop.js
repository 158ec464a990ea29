// Files dropped anywhere on a page, folders too, and files chosen in a field marked data-upload-files.
import { $ } from 'videorama/lib/dom.js';
import { add } from 'videorama/lib/uploads.js';

const HIDDEN = /^\.|^(Thumbs\.db|desktop\.ini)$/i;
let depth = 0;

const overlay = () => $('#drop-overlay');
const hasFiles = (event) => overlay() && event.dataTransfer?.types.includes('Files');

/** The library of the page: chosen in a field, or the one that is shown. */
function library() {
  return $('[data-upload-library]')?.value ?? $('[data-drop-library]')?.dataset.dropLibrary ?? '';
}

function show(isOver) {
  overlay().hidden = !isOver;
}

/** Every file below a dropped entry, as far as the browser lets us look. */
async function filesOf(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const found = [];
  // A reader gives a hundred at a time and an empty list at the end.
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return found;
    for (const one of some) found.push(...(await filesOf(one)));
  }
}

async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  // What the transfer holds is gone as soon as we wait for anything.
  const plain = [...transfer.files];
  if (!entries.some((entry) => entry.isDirectory)) return plain;
  return (await Promise.all(entries.map(filesOf))).flat();
}

async function take(files) {
  const wanted = files.filter((file) => !HIDDEN.test(file.name));
  if (wanted.length) await add(wanted, { library: library() });
}

export function start() {
  if (!overlay()) return;
  document.addEventListener('dragenter', (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    show(true);
  });
  document.addEventListener('dragleave', (event) => {
    if (!hasFiles(event)) return;
    depth = Math.max(0, depth - 1);
    if (!depth) show(false);
  });
  document.addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
  });
  document.addEventListener('drop', async (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    show(false);
    take(await dropped(event.dataTransfer));
  });
  document.addEventListener('change', (event) => {
    if (!event.target.matches('[data-upload-files]')) return;
    take([...event.target.files]);
    event.target.value = '';
  });
}
