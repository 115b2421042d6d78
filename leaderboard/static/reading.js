"use strict";
/* Reading: other pages of the site, fetched when somebody asks for what they hold. */
(() => {
  const fuseboard = (window.fuseboard ??= {});
  const pages = new Map();

  /** Whether other pages can be read: a page that was opened as a file may not. */
  fuseboard.canRead = location.protocol !== "file:";

  /** A page as a document; it is fetched once. */
  fuseboard.readPage = (url) => {
    if (!pages.has(url)) {
      const page = fetch(url).then(async (answer) => {
        if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
        return new DOMParser().parseFromString(await answer.text(), "text/html");
      });
      page.catch(() => pages.delete(url));
      pages.set(url, page);
    }
    return pages.get(url);
  };

  /** A copy of an element of another page, whose links still lead where they led there. */
  fuseboard.copyFrom = (element, url) => {
    const copy = document.importNode(element, true);
    for (const link of copy.querySelectorAll("a[href]")) link.href = new URL(link.getAttribute("href"), url).href;
    return copy;
  };
})();
