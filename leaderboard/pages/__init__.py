"""Pages: what stands on each page of the site, one module per kind of page."""
