"""Installs pip into the environment that runs this, where Python came without ensurepip.

Takes pip's newest wheel from the package index that PIP_INDEX_URL names, checks the hash that the index states, and
lets pip install itself from it.
"""

import hashlib
import html.parser
import os
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

INDEX = os.environ.get("PIP_INDEX_URL")


class Links(html.parser.HTMLParser):
    """The wheels that a page of the simple index links to, withdrawn ones left out."""

    def __init__(self):
        super().__init__()
        self.wheels = []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        href = found.get("href") or ""
        if tag == "a" and ".whl#sha256=" in href and "data-yanked" not in found:
            self.wheels.append(href)


def version(href):
    name = urllib.parse.unquote(href.split("#")[0].rsplit("/", 1)[-1])
    parts = name.split("-")[1].split(".")
    return [int(part) for part in parts] if all(part.isdigit() for part in parts) else []


def main():
    if not INDEX:
        sys.exit("this Python has no ensurepip: install Debian's python3-venv, or set PIP_INDEX_URL to a package index")
    page = INDEX.rstrip("/") + "/pip/"
    links = Links()
    with urllib.request.urlopen(page, timeout=60) as answer:
        links.feed(answer.read().decode())
    url = urllib.parse.urljoin(page, max(links.wheels, key=version))
    address, _, sha256 = url.partition("#sha256=")
    with urllib.request.urlopen(address, timeout=60) as answer:
        content = answer.read()
    if hashlib.sha256(content).hexdigest() != sha256:
        sys.exit(f"{address} does not have the hash that {page} states")
    with tempfile.TemporaryDirectory() as folder:
        wheel = os.path.join(folder, address.rsplit("/", 1)[-1])
        with open(wheel, "wb") as file:
            file.write(content)
        command = [sys.executable, f"{wheel}/pip", "install", "--quiet", "--no-index", wheel]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
