// <video-player>: our controls over the native video inside. Without this file the video keeps its
// own controls. Words come from data attributes, so the server translates them.
import { showCaptions } from 'videorama/lib/captions.js';
import { clock } from 'videorama/lib/dom.js';
import { listenForKeys } from 'videorama/lib/player-keys.js';
import { keepPlace } from 'videorama/lib/place.js';
import { showFrame, storyboard } from 'videorama/lib/storyboard.js';

const RATES = [1, 1.25, 1.5, 2, 0.75];
const IDLE_MS = 2600;

class VideoPlayer extends HTMLElement {
  connectedCallback() {
    this.video = this.querySelector('video');
    this.controls = this.part('controls');
    if (!this.video || this.stop) return;
    this.stop = new AbortController();
    this.video.removeAttribute('controls');
    this.controls.hidden = false;
    this.segments = [...this.querySelectorAll('[data-start]')];
    this.frameAt = this.dataset.frames ? storyboard(this.dataset.frames) : () => null;
    this.touch = keepPlace(this.video, this.querySelector('form'));
    if (this.video.textTracks.length) {
      showCaptions({ video: this.video, box: this.part('caption'), button: this.part('captions'), select: this.part('language') });
    }
    this.listen();
    this.draw();
  }

  disconnectedCallback() { this.stop?.abort(); this.stopKeys?.(); this.stop = null; }

  part(name) { return this.querySelector(`[data-part="${name}"]`); }

  get duration() { return Number.isFinite(this.video.duration) ? this.video.duration : Number(this.dataset.duration) || 0; }

  listen() {
    const signal = this.stop.signal;
    const on = (target, names, act) => names.split(' ').forEach((name) => target?.addEventListener(name, act, { signal }));
    const { video } = this;
    on(video, 'timeupdate seeking seeked loadedmetadata durationchange', () => this.draw());
    on(video, 'play pause ended', () => this.drawState());
    on(video, 'volumechange', () => this.drawVolume());
    on(video, 'ratechange', () => this.drawRate());
    on(video, 'waiting playing canplay error', () => this.toggleAttribute('data-waiting', video.readyState < 3 && !video.paused && !video.error));
    on(video, 'error', () => { this.part('error').hidden = false; });
    on(video, 'click', () => this.toggle());
    on(video, 'dblclick', () => this.fullscreen());
    on(this.part('play'), 'click', () => this.toggle());
    on(this.part('back'), 'click', () => this.skip(-10));
    on(this.part('forward'), 'click', () => this.skip(10));
    on(this.part('mute'), 'click', () => { video.muted = !video.muted; });
    on(this.part('volume'), 'input', (e) => { video.volume = Number(e.target.value); video.muted = !video.volume; });
    on(this.part('rate'), 'click', () => { video.playbackRate = RATES[(RATES.indexOf(video.playbackRate) + 1) % RATES.length]; });
    on(this.part('fullscreen'), 'click', () => this.fullscreen());
    on(this.part('pip'), 'click', () => { document.pictureInPictureElement ? document.exitPictureInPicture() : video.requestPictureInPicture(); });
    this.part('pip').hidden = this.dataset.kind === 'audio' || !document.pictureInPictureEnabled || video.disablePictureInPicture;
    on(this.part('range'), 'input', (e) => this.seek(Number(e.target.value)));
    on(this.part('seek'), 'pointermove', (e) => this.hint(e));
    on(this, 'pointerenter', () => this.frameAt(0));
    on(document, 'click', (e) => { const to = e.target.closest('[data-seek]'); if (to) this.seek(Number(to.dataset.seek)); });
    on(document, 'fullscreenchange', () => this.label(this.part('fullscreen'), document.fullscreenElement === this));
    on(this, 'pointermove pointerdown keydown', () => this.wake());
    this.stopKeys = listenForKeys({
      ' ': () => this.toggle(), k: () => this.toggle(), j: () => this.skip(-10), l: () => this.skip(10),
      ArrowLeft: () => this.skip(-5), ArrowRight: () => this.skip(5),
      ArrowUp: () => this.louder(0.1), ArrowDown: () => this.louder(-0.1),
      m: () => { video.muted = !video.muted; }, c: () => this.part('captions')?.click(),
      f: () => this.fullscreen(), part: (share) => this.seek(share * this.duration),
    });
  }

  toggle() { this.wake(); this.video.paused ? this.video.play().catch(() => {}) : this.video.pause(); }

  skip(by) { this.seek(this.video.currentTime + by); }

  louder(by) { this.video.muted = false; this.video.volume = Math.min(1, Math.max(0, this.video.volume + by)); }

  seek(to) {
    this.wake();
    this.touch();
    this.video.currentTime = Math.min(this.duration, Math.max(0, to));
  }

  fullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (this.requestFullscreen) this.requestFullscreen();
    else this.video.webkitEnterFullscreen?.();
  }

  wake() {
    this.removeAttribute('data-idle');
    clearTimeout(this.sleep);
    this.sleep = setTimeout(() => this.toggleAttribute('data-idle', !this.video.paused), IDLE_MS);
  }

  segmentAt(time) { return this.segments.findLast((one) => Number(one.dataset.start) <= time); }

  draw() {
    const { video: { currentTime: now }, duration } = this;
    const name = this.segmentAt(now)?.dataset.name ?? '';
    this.part('seek').style.setProperty('--progress', `${duration ? (now / duration) * 100 : 0}%`);
    for (const one of this.segments) {
      const [from, to] = [Number(one.dataset.start), Number(one.dataset.end)];
      one.style.setProperty('--fill', `${Math.min(100, Math.max(0, ((now - from) / (to - from)) * 100))}%`);
    }
    const range = this.part('range');
    range.max = duration;
    range.value = now;
    range.setAttribute('aria-valuetext', range.dataset.text.replace('{now}', clock(now)).replace('{total}', clock(duration)) + (name && `, ${name}`));
    this.part('now').textContent = clock(now);
    this.part('total').textContent = clock(duration);
    this.part('chapter').textContent = name;
    for (const line of document.querySelectorAll('[data-chapter]')) {
      const is = now >= Number(line.dataset.seek) && now < Number(line.dataset.chapter);
      is ? line.setAttribute('aria-current', 'true') : line.removeAttribute('aria-current');
    }
  }

  drawState() { this.label(this.part('play'), !this.video.paused); this.wake(); }

  drawVolume() {
    const quiet = this.video.muted || !this.video.volume;
    this.label(this.part('mute'), quiet);
    this.part('volume').value = quiet ? 0 : this.video.volume;
  }

  drawRate() {
    const button = this.part('rate');
    button.textContent = `${this.video.playbackRate}×`;
    button.setAttribute('aria-label', button.dataset.text.replace('{rate}', this.video.playbackRate));
  }

  // A button with two icons and two names: the second while `on`.
  label(button, on) {
    button.toggleAttribute('data-on', on);
    button.setAttribute('aria-label', on ? button.dataset.nameOn : button.dataset.nameOff);
  }

  hint(event) {
    const box = this.part('seek').getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const time = share * this.duration;
    const name = this.segmentAt(time)?.dataset.name;
    this.part('hint').style.setProperty('--hint', `${share * 100}%`);
    this.part('hint-text').textContent = clock(time) + (name ? ` · ${name}` : '');
    showFrame(this.part('frame'), this.frameAt(time));
  }
}

customElements.define('video-player', VideoPlayer);
