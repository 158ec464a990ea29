// Remembers where this person is in an entry: now and then while it plays, at once when it stops
// and when the page goes away. `form` holds the address and the CSRF token.
export function keepPlace(video, form, everyMs = 8000) {
  let sent = video.currentTime;
  let sentAt = 0;
  let touched = false;

  const send = () => {
    const at = video.currentTime;
    if (!touched || !video.duration || Math.abs(at - sent) < 0.5) return;
    const before = sent;
    sent = at;
    sentAt = Date.now();
    const body = new FormData(form);
    body.set('position_s', at.toFixed(1));
    fetch(form.getAttribute('action'), { method: 'POST', body, keepalive: true }).catch(() => { sent = before; });
  };

  video.addEventListener('play', () => { touched = true; });
  video.addEventListener('timeupdate', () => { if (!video.paused && Date.now() - sentAt > everyMs) send(); });
  for (const name of ['pause', 'seeked', 'ended']) video.addEventListener(name, send);
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') send(); });
  addEventListener('pagehide', send);
  return () => { touched = true; };
}
