"""One running installation for all browser tests, and browsers to look at it with."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from hatch_build import AssetsMissing
from tests.browser.axe import axe_source
from tests.browser.chrome import PHONE, Browser, browser
from tests.browser.stack import Stack, running_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The sample city with everything that runs it; people are online."""
    with running_stack(tmp_path_factory.mktemp("stack")) as found:
        yield found


@pytest.fixture(scope="session")
def desk(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """An admin's browser, not signed in yet."""
    with browser(tmp_path_factory.mktemp("desk"), stack.url) as found:
        yield found


@pytest.fixture
def admin(stack: Stack, desk: Browser) -> Browser:
    """The same browser, signed in as the network admin."""
    desk.open("/account")
    if "/login" in desk.where:
        assert stack.standing.admin_password is not None
        desk.fill("username", "admin")
        desk.fill("password", stack.standing.admin_password)
        desk.press("main form button.btn-primary")
    return desk


@pytest.fixture(scope="session")
def portal_window(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A phone's portal window: no script, and no cookies, so that one test leaves nothing to the next."""
    with browser(tmp_path_factory.mktemp("phone"), stack.url, script=False, cookies=False) as found:
        yield found


@pytest.fixture(params=["script", "plain"])
def any_phone(request: pytest.FixtureRequest, portal_window: Browser, script_window: Browser) -> Browser:
    """A phone's portal window, with script and without; axe needs script."""
    found = script_window if request.param == "script" else portal_window
    found.complaints()
    found.look_on(PHONE)
    return found


@pytest.fixture(scope="session")
def script_window(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The same as `portal_window` with script."""
    with browser(tmp_path_factory.mktemp("phone"), stack.url, cookies=False) as found:
        yield found


@pytest.fixture
def phone(portal_window: Browser) -> Browser:
    """The same window, with nothing on its console yet."""
    portal_window.complaints()
    portal_window.look_on(PHONE)
    return portal_window


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core's source; empty where it cannot be fetched, which fails in CI."""
    try:
        return axe_source()
    except AssetsMissing as error:
        if os.environ.get("CI"):
            raise
        return pytest.skip(f"axe-core could not be fetched: {error}")
