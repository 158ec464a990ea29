// Light, dark or the system's: kept in a cookie, so that the server renders it and nothing flashes.
import { $$ } from 'videorama/lib/dom.js';
import { toast } from 'videorama/lib/toast.js';
import { word } from 'videorama/lib/words.js';

const ORDER = ['', 'dark', 'light'];
const YEAR_S = 31536000;
const root = document.documentElement;
const current = () => root.dataset.theme ?? '';

function set(value) {
  if (value) root.dataset.theme = value;
  else delete root.dataset.theme;
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  document.cookie = `videorama_theme=${value}; Path=/; SameSite=Lax; Max-Age=${value ? YEAR_S : 0}${secure}`;
  toast(word(`theme-${value || 'system'}`), { tone: 'info' });
  mark();
}

function mark() {
  $$('input[name=theme]').forEach((input) => { input.checked = input.value === current(); });
}

export function start() {
  mark();
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-theme-toggle]')) set(ORDER[(ORDER.indexOf(current()) + 1) % ORDER.length]);
  });
  document.addEventListener('change', (event) => {
    if (event.target.matches('input[name=theme]')) set(event.target.value);
  });
  document.addEventListener('htmx:afterSettle', mark);
}
