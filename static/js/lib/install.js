// Lets browsers install Videorama, and shows a page of ours when the server cannot be reached.
export function start() {
  if (isSecureContext && 'serviceWorker' in navigator) {
    navigator.serviceWorker.register('/sw.js', { scope: '/' }).catch(() => {});
  }
}
