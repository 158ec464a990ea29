// Small readings of the page that several modules share.
export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** True where keys are text, so that shortcuts stay out of the way. */
export const isTyping = (element) =>
  Boolean(element.closest?.('input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable]'));

/** 754 -> "12:34", 4000 -> "1:06:40". */
export const clock = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, '0');
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
};

/** Says `text` to screen readers. For stages and outcomes, never for each percent. */
export const announce = (text) => {
  const live = $('#live');
  if (live && live.textContent !== text) live.textContent = text;
};
