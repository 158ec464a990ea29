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

/** Sets each part of `root` back to what was seen; gives what each has to become. */
function startFrom(root, seen) {
  return liveParts(root).map((part, at) => PROPERTIES.map((name, which) => {
    const to = part.style.getPropertyValue(name);
    const from = seen[at]?.[which];
    if (!to || !from || from === to) return '';
    part.style.setProperty(name, from);
    return to;
  }));
}

/** Lets CSS move each part of `root` to its goal. */
function moveTo(root, goals) {
  liveParts(root).forEach((part, at) => PROPERTIES.forEach((name, which) => {
    const to = goals[at]?.[which];
    if (!to) return;
    // Reading makes the browser take the value before as the start of the transition.
    getComputedStyle(part).getPropertyValue(name);
    part.style.setProperty(name, to);
  }));
}

// Swaps that htmx makes. Out of band the new element can be prepared before it is in the page; else
// it is set back right after, which is the same unless something made the browser draw in between.
const underway = new Map();

function before({ detail: { target, fragment } }) {
  if (fragment) dropKnown(fragment);
  if (!target?.id || !target.querySelector(LIVE)) return;
  const seen = readProgress(target);
  underway.set(target.id, fragment ? { goals: startFrom(fragment, seen) } : { seen });
}

function after() {
  for (const [id, { seen, goals }] of underway) {
    const element = document.getElementById(id);
    if (element) moveTo(element, goals ?? startFrom(element, seen));
  }
  underway.clear();
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
      const known = element.id && document.getElementById(element.id);
      if (known) replace(known, element);
      else if (place) insert(element, place, how);
      else insertNew(element);
    }
  }
}

/** Log lines never change; those that are shown already are not added again. */
function dropKnown(fragment) {
  for (const element of $$('[data-once]', fragment)) {
    if (document.getElementById(element.id)) element.remove();
  }
}

function replace(target, element) {
  if ('once' in element.dataset || target.isEqualNode(element)) return;
  const goals = startFrom(element, readProgress(target));
  htmx.swap(target, element.outerHTML, { swapStyle: 'outerHTML', swapDelay: 0, settleDelay: 0 });
  const now = document.getElementById(element.id);
  if (now) moveTo(now, goals);
}

/** A list that shows the newest first takes what is newer than its first; older ones are on another page. */
function insertNew(element) {
  const list = $$('[data-live-new]').find((one) => element.id.startsWith(one.dataset.liveNew));
  if (!list) return;
  const first = Number(list.firstElementChild?.dataset.created ?? 0);
  if (Number(element.dataset.created) >= first) insert(element, list, 'afterbegin');
}

function insert(element, place, how) {
  place.insertAdjacentElement(how, element);
  htmx.process(element);
  htmx.trigger(element, 'htmx:load');
}

export function start() {
  document.addEventListener('htmx:beforeSwap', before);
  document.addEventListener('htmx:oobBeforeSwap', before);
  document.addEventListener('htmx:afterSwap', after);
  document.addEventListener('htmx:oobAfterSwap', after);
}
