// Tabs: arrow keys move; data-tabs-hash keeps the open one in the address. Works for parts swapped in later.
import { $, $$ } from 'videorama/lib/dom.js';

const tabsOf = (root) => $$('[role=tab]', $('[role=tablist]', root));

function open(tab, { focus = false } = {}) {
  const root = tab.closest('[data-tabs]');
  for (const other of tabsOf(root)) {
    const isOpen = other === tab;
    other.setAttribute('aria-selected', isOpen);
    other.tabIndex = isOpen ? 0 : -1;
    const panel = document.getElementById(other.getAttribute('aria-controls'));
    if (panel) panel.hidden = !isOpen;
  }
  if (focus) tab.focus();
}

function remember(tab) {
  if ('tabsHash' in tab.closest('[data-tabs]').dataset) {
    history.replaceState(history.state, '', `#${tab.id.replace(/^tab-/, '')}`);
  }
}

function openFromAddress() {
  const tab = location.hash && document.getElementById(`tab-${location.hash.slice(1)}`);
  if (tab && tab.matches('[data-tabs-hash] [role=tab]')) open(tab);
}

export function start() {
  openFromAddress();
  addEventListener('hashchange', openFromAddress);
  document.addEventListener('click', (event) => {
    const tab = event.target.closest('[data-tabs] [role=tab]');
    if (!tab) return;
    open(tab);
    remember(tab);
  });
  document.addEventListener('keydown', (event) => {
    const tab = event.target.closest?.('[data-tabs] [role=tab]');
    if (!tab) return;
    const all = tabsOf(tab.closest('[data-tabs]'));
    const at = all.indexOf(tab);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = all[(to + all.length) % all.length];
    open(next, { focus: true });
    remember(next);
  });
}
