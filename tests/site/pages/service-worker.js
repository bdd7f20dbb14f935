// Answers for the page: media is fetched here, so that the page's own request never leaves for the network.
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', event => {
  if (new URL(event.request.url).pathname.startsWith('/media/')) event.respondWith(fetch(event.request));
});
