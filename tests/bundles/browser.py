"""Pages in headless Chromium, from a server of the test's own."""

from __future__ import annotations

import functools
import http.server
import queue
import shutil
import subprocess
import threading
from pathlib import Path

BROWSER = shutil.which("chromium")
_OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
_OPTIONS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
# The page says itself when it is done: Chromium's own --dump-dom ends by a clock that a busy machine does not keep.
_WATCH = b"""<script type="module">
const timer = setInterval(() => {
  if (!document.querySelector("[data-state]")) return;
  clearInterval(timer);
  fetch("/shown", { method: "POST", body: document.documentElement.outerHTML });
}, 50);
</script>"""


class _Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript"}

    def __init__(self, *arguments: object, pages: queue.Queue[str], directory: str) -> None:
        self.pages = pages
        super().__init__(*arguments, directory=directory)  # type: ignore[arg-type]

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.suffix != ".html":
            return super().do_GET()
        content = path.read_bytes() + _WATCH
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        return None

    def do_POST(self) -> None:
        self.pages.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(204)
        self.end_headers()


def page_of(folder: Path, address: str, profile: Path) -> str:
    """The page at `address` below `folder` as HTML, once an element of it has the attribute `data-state`. queue.Empty
    if it gets none within two minutes."""
    assert BROWSER is not None
    pages: queue.Queue[str] = queue.Queue()
    handler = functools.partial(_Handler, pages=pages, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/{address}"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        # With the port, since Chromium without one ends as soon as the page is loaded.
        options = [*_OPTIONS, "--remote-debugging-port=0", f"--user-data-dir={profile}"]
        with subprocess.Popen([BROWSER, *options, url], **quiet) as browser:  # type: ignore[call-overload]
            try:
                return pages.get(timeout=120)
            finally:
                browser.terminate()
                server.shutdown()
