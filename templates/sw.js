{% autoescape off %}// Keeps static files and one page for the moments without network. Pages, answers of the API and media
// go straight to the server and are never kept, so nothing here belongs to anybody.
const CACHE = 'videorama-{{ version }}';
const OFFLINE = {{ offline }};
const STATIC = {{ static }};
const KEPT = {{ kept }};

// Names that carry their content never change.
const isHashed = (url) => /\.[0-9a-f]{12}\.\w+$/.test(url.pathname);

async function install() {
  const cache = await caches.open(CACHE);
  await cache.addAll(KEPT.map((address) => new Request(address, { credentials: 'omit', cache: 'no-cache' })));
  await self.skipWaiting();
}

async function tidy() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith('videorama-') && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function page(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match(OFFLINE);
    if (kept) return kept;
    throw error;
  }
}

async function staticFile(request, url) {
  const cache = await caches.open(CACHE);
  if (isHashed(url)) {
    const kept = await cache.match(request);
    if (kept) return kept;
  }
  try {
    const answer = await fetch(request);
    if (isHashed(url) && answer.status === 200) await cache.put(request, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(request);
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(tidy()));
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin || request.headers.has('range')) return;
  if (url.pathname.startsWith(STATIC)) event.respondWith(staticFile(request, url));
  else if (request.mode === 'navigate' && !url.pathname.startsWith('/api/')) event.respondWith(page(request));
});
{% endautoescape %}
