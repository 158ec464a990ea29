// Remembers where this person is in an entry: now and then while it plays, at once when it stops
// and when the page goes away. `form` holds the address and the CSRF token.
export function keepPlace(video, form, everyMs = 8000) {
  let sent = video.currentTime;
  let sentAt = 0;
  let touched = false;

  const post = (name, value) => {
    const body = new FormData(form);
    body.set(name, value);
    return fetch(form.getAttribute('action'), { method: 'POST', body, keepalive: true });
  };
  const send = () => {
    const at = video.currentTime;
    if (!touched || !video.duration || Math.abs(at - sent) < 0.5) return;
    const before = sent;
    sent = at;
    sentAt = Date.now();
    post('position_s', at.toFixed(1)).catch(() => { sent = before; });
  };

  video.addEventListener('play', () => { touched = true; });
  video.addEventListener('playing', () => { post('played', 'true').catch(() => {}); }, { once: true });
  video.addEventListener('timeupdate', () => { if (!video.paused && Date.now() - sentAt > everyMs) send(); });
  for (const name of ['pause', 'seeked', 'ended']) video.addEventListener(name, send);
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') send(); });
  addEventListener('pagehide', send);
  return () => { touched = true; };
}
