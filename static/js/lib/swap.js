// Fragments on their way into the page: progress goes on from where it stood, whoever replaces the element.
import { $, $$ } from 'videorama/lib/dom.js';

const PROPERTIES = ['--progress', '--fill', '--done'];
const LIVE = PROPERTIES.map((name) => `[style*="${name}"]`).join();

const liveParts = (root) => (root.matches?.(LIVE) ? [root, ...$$(LIVE, root)] : $$(LIVE, root));

/** What each part of `root` shows at this very moment, in the middle of a transition too. */
function readProgress(root) {
  return liveParts(root).map((part) => {
    const style = getComputedStyle(part);
    return PROPERTIES.map((name) => (part.style.getPropertyValue(name) ? style.getPropertyValue(name) : ''));
  });
}

/** Starts each part of `root` at the value seen before, and lets CSS move it to its own. */
function moveProgress(root, seen) {
  liveParts(root).forEach((part, at) => {
    PROPERTIES.forEach((name, which) => {
      const to = part.style.getPropertyValue(name);
      const from = seen[at]?.[which];
      if (!to || !from || from === to) return;
      part.style.setProperty(name, from);
      // Reading makes the browser take `from` as the start of the transition.
      getComputedStyle(part).getPropertyValue(name);
      part.style.setProperty(name, to);
    });
  });
}

const seen = new Map();

function before(event) {
  const { target } = event.detail;
  if (target?.id && target.querySelector(LIVE)) seen.set(target.id, readProgress(target));
}

function after() {
  for (const [id, values] of seen) {
    const element = document.getElementById(id);
    if (element) moveProgress(element, values);
  }
  seen.clear();
}

/**
 * Puts pushed fragments where they belong. An element that is already there is replaced by id; one that
 * is new goes where its hx-swap-oob points ("afterbegin:#importing"), or is left out when that place is
 * not on this page.
 */
export function receive(html) {
  const parsed = document.createElement('template');
  parsed.innerHTML = html;
  for (const root of [...parsed.content.children]) {
    const [how, where] = (root.getAttribute('hx-swap-oob') ?? 'true').split(/:(.*)/s);
    root.removeAttribute('hx-swap-oob');
    const place = where && $(where);
    // With an id the element itself is meant, without one it is only the wrapper of several.
    for (const element of root.id ? [root] : [...root.children]) {
      if (element.id && document.getElementById(element.id)) replace(element);
      else if (place) insert(element, place, how);
    }
  }
}

function replace(element) {
  const target = document.getElementById(element.id);
  if (target.isEqualNode(element)) return;
  const values = readProgress(target);
  htmx.swap(target, element.outerHTML, { swapStyle: 'outerHTML', swapDelay: 0, settleDelay: 0 });
  const now = document.getElementById(element.id);
  if (now) moveProgress(now, values);
}

function insert(element, place, how) {
  place.insertAdjacentElement(how === 'true' ? 'beforeend' : how, element);
  htmx.process(element);
  htmx.trigger(element, 'htmx:load');
}

export function start() {
  document.addEventListener('htmx:beforeSwap', before);
  document.addEventListener('htmx:oobBeforeSwap', before);
  document.addEventListener('htmx:afterSwap', after);
  document.addEventListener('htmx:oobAfterSwap', after);
}
