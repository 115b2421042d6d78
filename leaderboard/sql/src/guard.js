// Runs first in the worker. A page's Content-Security-Policy does not hold for a worker that has an address of its own,
// so the worker refuses other hosts itself: whatever is typed, the database reads from this site alone.
(() => {
  "use strict";
  const refuse = (address) => {
    const { origin, host } = new URL(address, self.location.href);
    if (origin !== self.location.origin) throw new Error(`${host || address}: this page asks no other host`);
  };
  const { fetch, importScripts } = self;
  const open = XMLHttpRequest.prototype.open;
  self.fetch = async (request, options) => {
    refuse(request instanceof Request ? request.url : request);
    return fetch(request, options);
  };
  self.importScripts = (...addresses) => {
    addresses.forEach(refuse);
    return importScripts.apply(self, addresses);
  };
  XMLHttpRequest.prototype.open = function (method, address, ...rest) {
    refuse(address);
    return open.call(this, method, address, ...rest);
  };
  for (const name of ["WebSocket", "EventSource", "Worker", "WebTransport"]) delete self[name];
})();
