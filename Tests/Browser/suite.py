"""What the browser tests share: an engine with runs of each kind, a browser, a place for pictures."""

import os

import workflows
from plugins import hostile_plugins
from engine import Engine

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = []


def test(body):
    TESTS.append(body)
    return body


class Suite:
    """One for all tests."""

    def __init__(self, pawl, browser, shots):
        self.engine, self.browser, self.shots = Engine(pawl, hostile_plugins), browser, shots
        with open(f"{HERE}/accessibility.js") as file:
            self.look = file.read()
        for text in workflows.ALL:
            self.engine.apply(text)
        self.engine.call("PUT", "/v1/schedules/nightly", {
            "workflow": "patient", "cron": "30 2 * * 1-5", "zone": "Europe/Berlin"})
        self.failed = self.engine.run("failing", labels={"team": "<b>pay</b>"})
        self.waiting = self.engine.run("signalled")
        self.hostile = self.engine.run("hostile")
        self.good = self.engine.run("greeting", {"name": "Ada", "number": 9007199254740993})
        for run in [self.failed, self.hostile, self.good]:
            self.engine.end(run)

    def page(self, path, **size):
        page = self.browser.page(self.engine.address, **size)
        page.open(path)
        return page

    def shot(self, page, name):
        if self.shots:
            page.shot(f"{self.shots}/{name}.png")

    def check(self, page, name):
        """Nothing on the console, nothing from elsewhere, nothing in the way of anybody."""
        self.shot(page, name)
        wrong = page.run(self.look)
        assert not wrong, f"{name}: {wrong}"
        assert not page.problems, f"{name}: {page.problems}"


def heading(text):
    return f"document.querySelector('main h1')?.textContent.includes({text!r})"
