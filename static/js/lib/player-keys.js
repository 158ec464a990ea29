// Keys of the player, as people know them from other players.
import { isTyping } from 'videorama/lib/dom.js';

// Calls the action of a key unless somebody types, a dialog is open, or the focused control needs it.
export function listenForKeys(actions) {
  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const at = event.target;
    if (isTyping(at) || document.querySelector('dialog[open]')) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === ' ' && at.closest('button, a, summary, input, [role=tab]')) return;
    if (key.startsWith('Arrow') && at.closest('[role=tab], [data-own-keys], input[type=radio]')) return;
    if (/^Arrow(Up|Down)/.test(key) && at.closest('.transcript')) return;
    const act = /^\d$/.test(key) ? () => actions.part(Number(key) / 10) : actions[key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  document.addEventListener('keydown', onKey);
  return () => document.removeEventListener('keydown', onKey);
}
