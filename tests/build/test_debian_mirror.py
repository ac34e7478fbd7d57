"""The mirror's address, from what apt prints."""

from __future__ import annotations

from mtc.build import debian_mirror

PRINTED = """\
'http://security.example.org/debian-security/dists/stable-security/InRelease' security_InRelease 0
'http://mirror.example.org/debian/dists/stable/InRelease' mirror_InRelease 0
'http://mirror.example.org/debian/dists/stable-updates/InRelease' mirror_updates_InRelease 0
"""


def test_the_first_archive_that_is_not_for_security():
    assert debian_mirror.parse_print_uris(PRINTED) == "http://mirror.example.org/debian"


def test_no_sources():
    assert debian_mirror.parse_print_uris("") is None


def test_a_machine_without_apt(monkeypatch):
    monkeypatch.setattr(debian_mirror.shutil, "which", lambda name, path=None: None)
    assert debian_mirror.mirror.__wrapped__() is None
