// The page's own files, kept so that it verifies without a line. A board's answers are never kept.

const KEPT = "talea-page";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const isPage = event.request.method === "GET" && url.origin === location.origin && !url.pathname.startsWith("/v1/");
  if (isPage) event.respondWith(answer(event.request));
});

/** From the server, so that a new version of the page is never held back; from what was kept if there is none. */
async function answer(request) {
  const kept = await caches.open(KEPT);
  try {
    const response = await fetch(request);
    if (response.ok) await kept.put(request, response.clone());
    return response;
  } catch (error) {
    const before = await kept.match(request, { ignoreSearch: true })
      ?? (request.mode === "navigate" ? await kept.match("/") : undefined);
    if (before) return before;
    throw error;
  }
}
