"""Links of a lab: right on this machine, on a hub, and behind a Jupyter server with a path of its own."""

import json
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from servers import path_proxy

from pdflab.lab import Lab
from pdflab.lab.browser_links import behind_jupyter, browser_url
from pdflab.settings import Settings

URL = "http://127.0.0.1:41999"
HUB = {"JUPYTERHUB_SERVICE_PREFIX": "/user/ada/"}


@pytest.fixture
def proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment in which jupyter-server-proxy can be imported."""
    (tmp_path / "jupyter_server_proxy.py").touch()
    monkeypatch.syspath_prepend(tmp_path)


def test_without_the_proxy_a_link_is_the_services_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a hub, too: nothing else would answer there."""
    assert browser_url(URL, HUB) == URL
    assert behind_jupyter(Settings(), HUB) == Settings()


@pytest.mark.usefixtures("proxy")
def test_on_a_hub_a_link_is_a_path_below_the_users_own() -> None:
    """Without a host: the browser knows under which name it has reached the hub."""
    assert browser_url(URL, HUB) == "/user/ada/proxy/41999"


@pytest.mark.usefixtures("proxy")
def test_a_kernel_finds_the_path_of_its_jupyter_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server that has started it has left notes; another program, such as an editor, leaves none."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "jpserver-4711.json").write_text(json.dumps({"base_url": "/lab-7/", "port": 8888}))

    assert browser_url(URL, {"JPY_PARENT_PID": "4711"}) == "/lab-7/proxy/41999"
    assert browser_url(URL, {"JPY_PARENT_PID": "4712"}) == URL
    assert browser_url(URL, {}) == URL


@pytest.mark.usefixtures("proxy")
@pytest.mark.parametrize("given", [Settings(), Settings(hosts="hub.school"), Settings(open=True)])
def test_what_the_proxy_passes_on_is_let_in(given: Settings) -> None:
    """Its prefix is believed. The name of the hub is not known: any is accepted where a token protects."""
    hosts = given.hosts or (None if given.open else "*")

    assert behind_jupyter(given, HUB) == replace(given, proxy=True, hosts=hosts)


@pytest.fixture
def hub(proxy: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Lab, str]]:
    """A lab in a kernel of a hub, and the address at which a browser sees the hub."""
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", HUB["JUPYTERHUB_SERVICE_PREFIX"])
    with Lab(workers=1, mode="threads") as lab:
        path = urlsplit(lab.link()).path
        with path_proxy(lab.url, path.rstrip("/")) as proxied:
            yield lab, proxied.removesuffix(path.rstrip("/"))


def test_a_link_of_a_lab_works_under_the_name_of_a_hub(hub: tuple[Lab, str]) -> None:
    """It becomes a cookie for its path alone, and leads to the page; so does the link to a PDF."""
    lab, site = hub
    job_id = lab.custom()
    lab.wait()

    for path, content_type in (("/", "text/html"), (f"/jobs/{job_id}/pdf", "application/pdf")):
        link = lab.link(path)
        status, headers = get(site, link)
        cookie, _, scope = headers["Set-Cookie"].partition(";")
        place = urljoin(link, headers["Location"])

        assert (status, place) == (302, link.partition("?")[0])
        assert f"Path=/user/ada/proxy/{urlsplit(lab.url).port}/" in scope
        status, headers = get(site, place, Cookie=cookie)
        assert (status, headers["Content-Type"].partition(";")[0]) == (200, content_type)
        assert get(site, place)[0] == 401


def test_what_is_printed_can_be_used_without_a_page(hub: tuple[Lab, str]) -> None:
    """A terminal makes no link of a path: the lab's own URL, and what follows the name of the hub."""
    lab, _ = hub

    assert lab.address() == (
        f"{lab.url}/?token={lab.token} on this machine; in a browser, "
        f"/user/ada/proxy/{urlsplit(lab.url).port}/?token={lab.token} after the name of your Jupyter site"
    )


def get(site: str, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    """Return the status and the headers of an answer to a browser that has reached a hub by name."""
    connection = HTTPConnection(site.removeprefix("http://"), timeout=10)
    connection.request("GET", path, headers={"Host": "hub.school.example", **headers})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders())
