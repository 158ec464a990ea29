// Captions: the browser parses the tracks, the page draws them above its own controls.
const KEY = 'captions';
const remembered = () => { try { return localStorage.getItem(KEY) ?? ''; } catch { return ''; } };
const remember = (value) => { try { localStorage.setItem(KEY, value); } catch { /* private mode */ } };

export function showCaptions({ video, box, button, select }) {
  const tracks = [...video.textTracks];
  const text = box.querySelector('span');
  let on = null;

  const draw = () => {
    const cues = on ? [...(on.activeCues ?? [])] : [];
    text.textContent = cues.map((cue) => cue.getCueAsHTML().textContent.trim()).join('\n');
    box.hidden = !text.textContent;
  };
  const choose = (track, keep = true) => {
    on = track ?? null;
    for (const one of tracks) one.mode = one === on ? 'hidden' : 'disabled';
    button?.setAttribute('aria-pressed', String(Boolean(on)));
    if (select && on) select.value = String(tracks.indexOf(on));
    if (keep) remember(on ? on.language : '');
    draw();
  };
  const preferred = () => tracks[Number(select?.value ?? 0)] ?? tracks[0];

  for (const track of tracks) track.addEventListener('cuechange', draw);
  button?.addEventListener('click', () => choose(on ? null : preferred()));
  select?.addEventListener('change', () => choose(tracks[Number(select.value)]));
  const last = remembered();
  choose(last ? tracks.find((one) => one.language === last) ?? null : null, false);
}
