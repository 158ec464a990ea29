// The frame to show for a moment, from an index of preview frames: WebVTT whose cues read
// "picture#xywh=left,top,width,height", the picture relative to the index.
const STAMP = /(?:(\d+):)?(\d{2}):(\d{2}[.,]\d{3})/;
const seconds = (text) => {
  const [, h = 0, m, s] = STAMP.exec(text) ?? [];
  return m === undefined ? NaN : Number(h) * 3600 + Number(m) * 60 + Number(s.replace(',', '.'));
};

export function parseStoryboard(text, base) {
  const frames = [];
  for (const block of text.split(/\r?\n\r?\n/)) {
    const [times, place] = block.split(/\r?\n/).slice(block.includes('-->') ? -2 : 0);
    const found = /^(.*)#xywh=(\d+),(\d+),(\d+),(\d+)$/.exec(place ?? '');
    const start = seconds(times?.split('-->')[0] ?? '');
    if (!found || Number.isNaN(start)) continue;
    const [x, y, width, height] = found.slice(2).map(Number);
    frames.push({ start, url: new URL(found[1], base).href, x, y, width, height });
  }
  return frames.sort((a, b) => a.start - b.start);
}

// Loads the index when it is first asked for; answers null until it is there.
export function storyboard(url) {
  let frames = null;
  const load = async () => {
    frames = [];
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) frames = parseStoryboard(await answer.text(), new URL(url, location.href));
  };
  return (time) => {
    if (!frames) load();
    return frames?.findLast((frame) => frame.start <= time) ?? null;
  };
}

// Cuts the frame out of its picture; `element` hides while there is none.
export function showFrame(element, frame) {
  element.hidden = !frame;
  if (!frame) return;
  Object.assign(element.style, {
    width: `${frame.width}px`,
    height: `${frame.height}px`,
    backgroundImage: `url("${frame.url}")`,
    backgroundPosition: `-${frame.x}px -${frame.y}px`,
  });
}
