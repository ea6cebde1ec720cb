"""The dashboard in a real browser: every page, live changes, actions, keys, looks.

Arguments: the program, and optionally a folder for screenshots and the names of tests to run. Ends with 0 if
all is well or there is no browser.
"""

import os
import sys
import time
import traceback

import workflows
from devtools import Browser, find_browser
from engine import Engine

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = []


def test(body):
    TESTS.append(body)
    return body


class Suite:
    """What the tests share: an engine with runs of each kind, a browser, a place for pictures."""

    def __init__(self, pawl, browser, shots):
        self.engine, self.browser, self.shots = Engine(pawl), browser, shots
        with open(f"{HERE}/accessibility.js") as file:
            self.look = file.read()
        for name in ["GREETING", "PATIENT", "LONG", "SIGNALLED", "FAILING", "TOGGLED", "HOSTILE", "WIDE"]:
            self.engine.apply(getattr(workflows, name))
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
        self.browser.pump(0.05)
        self.shot(page, name)
        wrong = page.run(self.look)
        assert not wrong, f"{name}: {wrong}"
        assert not page.problems, f"{name}: {page.problems}"


def heading(text):
    return f"document.querySelector('main h1')?.textContent.includes({text!r})"


PAGES = [
    ("runs", "/runs", "Runs"), ("workflows", "/workflows", "Workflows"), ("queues", "/queues", "Queues"),
    ("workflow", "/workflows/greeting", "greeting"), ("source", "/workflows/greeting?tab=source", "greeting"),
    ("versions", "/workflows/greeting?tab=versions", "greeting"), ("plugins", "/plugins", "Plugins"),
    ("start", "/workflows/greeting/start", "Start"), ("system", "/system", "System"),
    ("schedules", "/schedules", "Schedules"), ("schedule", "/schedules/nightly", "nightly"),
    ("workers", "/workers", "Workers"), ("batches", "/batches", "Batches"),
]
TABS = ["timeline", "graph", "logs", "data", "children", "history"]


def views(suite):
    return PAGES + [(f"run-{tab}", f"/runs/{suite.failed}?tab={tab}", "failing") for tab in TABS]


def settle(page, title):
    page.wait(title, heading(title))
    page.wait("something to look at", "document.querySelector('main').innerText.length > 25")
    page.wait("quiet", "new Promise((done) => setTimeout(() => done(true), 120))")


@test
def every_page_in_light_and_dark(suite):
    page = suite.page("/runs")
    # A server without a call says so with a 404, which a browser also writes to the console.
    page.expected.append("404 (Not Found)")
    for scheme in ["light", "dark"]:
        page.scheme(scheme)
        for name, path, title in views(suite):
            page.open(path)
            settle(page, title)
            suite.check(page, f"{name}-{scheme}")
    ground = page.run("getComputedStyle(document.documentElement).backgroundColor")
    assert ground == "rgb(15, 19, 23)", ground
    page.close()


@test
def every_page_on_a_phone_and_at_400_percent(suite):
    for width, height in [(390, 844), (320, 256)]:
        page = suite.page("/runs", width=width, height=height)
        page.expected.append("404 (Not Found)")
        for name, path, title in views(suite):
            page.open(path)
            settle(page, title)
            suite.check(page, f"{name}-{width}")
        page.close()


@test
def a_failed_run_says_why(suite):
    page = suite.page(f"/runs/{suite.failed}")
    page.wait_for("Failed: step breaks")
    page.wait_for("exit 7")
    page.wait_for("3 attempts")
    page.click("Logs", "document.querySelector('.panel')")
    page.wait_for("disk is full")
    suite.check(page, "failed")
    page.close()


@test
def a_run_is_started_from_the_form_and_followed_to_its_end(suite):
    page = suite.page("/workflows/greeting/start")
    page.wait("the form", heading("Start"))
    page.click("Run and follow")
    page.wait_for("number is required")
    page.run("document.querySelectorAll('form.start fieldset.root > .field input')[0].id = 'f-name'")
    page.run("document.querySelectorAll('form.start fieldset.root > .field input')[1].id = 'f-number'")
    page.type("#f-name", "Ada <i>")
    page.type("#f-number", "9007199254740993123")
    page.click("Run and follow")
    page.wait("the run's page", "location.pathname.startsWith('/runs/run_')")
    page.wait("its end", "document.querySelector('.sentence')?.textContent.startsWith('Succeeded')", 30)
    page.click("Input and output")
    page.wait_for("9007199254740993123")
    page.click("Logs", "document.querySelector('.tabs')")
    page.wait("colours", "document.querySelector('.log .a-fg1')?.textContent === 'red'")
    suite.check(page, "started")
    page.close()


def button(page, title, verb, field=None):
    page.click(title, "document.querySelector('.run-head').parentElement.querySelector('.buttons')")
    if field:
        page.type(f"dialog [name={field[0]}]", field[1])
    page.click(verb, "document.querySelector('dialog')")
    page.wait("the dialog closed", "!document.querySelector('dialog')")


def status(page, word):
    page.wait(word, f"document.querySelector('h1 .status')?.textContent.includes({word!r})")


@test
def runs_are_paused_resumed_and_cancelled(suite):
    run = suite.engine.run("long")
    page = suite.page(f"/runs/{run}")
    status(page, "waiting")
    button(page, "Pause", "Pause run", ("reason", "a look"))
    status(page, "paused")
    button(page, "Resume", "Resume run")
    status(page, "waiting")
    page.click("Cancel", "document.querySelector('main .buttons')")
    page.wait_for("The same from a terminal")
    page.run("document.querySelector('dialog details').open = true")
    page.wait_for(f"pawl run cancel {run}")
    suite.check(page, "dialog")
    page.click("Cancel run", "document.querySelector('dialog')")
    status(page, "cancelled")
    suite.check(page, "cancelled")
    page.close()


@test
def a_signal_lets_a_run_go_on(suite):
    page = suite.page(f"/runs/{suite.waiting}")
    status(page, "waiting")
    page.wait_for("approve")
    button(page, "Signal…", "Send", ("name", "approve"))
    status(page, "succeeded")
    page.close()


@test
def a_failed_run_is_retried(suite):
    if not suite.engine.has(f"/v1/runs/{suite.failed}x/retry"):
        return print("   (this server has no retry)")
    file = f"{suite.engine.folder}/there"
    run = suite.engine.run("toggled", {"file": file})
    suite.engine.end(run)
    open(file, "w").close()
    os.chmod(file, 0o644)
    page = suite.page(f"/runs/{run}")
    status(page, "failed")
    button(page, "Retry", "Retry run")
    status(page, "succeeded")
    page.close()


@test
def eight_tabs_are_live_over_one_connection(suite):
    pages = [suite.page("/runs") for _ in range(8)]
    for page in pages:
        page.wait("live", "document.querySelector('.pill').dataset.state === 'live'")
        # Tabs in the background draw nothing; what they know shows in their notes.
        page.wait("runs", "document.querySelector('.note')?.textContent.includes('shown')")
    run = suite.engine.run("patient")
    for page in pages:
        page.wait("the new run", "document.querySelector('.banner')?.hidden === false")
    pages[0].send("Page.bringToFront")
    pages[0].click(pages[0].run("document.querySelector('.banner').textContent"))
    link = f"document.querySelector('.row a[href$=\"{run}\"]')"
    pages[0].wait("its row", link)
    pages[0].wait("its end in the row", f"{link}.closest('.row').innerText.includes('succeeded')")
    for page in pages:
        assert not page.problems, page.problems
        page.close()


@test
def everything_by_keyboard(suite):
    page = suite.page("/runs")
    page.wait("rows", "document.querySelector('.runs .row')")
    page.key("Tab")
    assert page.run("document.activeElement.className") == "skip"
    for key, title in [("w", "Workflows"), ("q", "Queues"), ("r", "Runs")]:
        page.key("g")
        page.key(key)
        page.wait(title, heading(title))
    page.wait("rows", "document.querySelector('.runs .row')")
    page.key("j")
    page.key("x")
    page.wait("a selection", "!document.querySelector('.bulk').hidden")
    suite.check(page, "selected")
    page.key("Enter")
    page.wait("a run", "location.pathname.startsWith('/runs/run_')")
    page.wait("steps", "document.querySelector('.step')")
    page.key("j")
    page.wait("a step", "!document.querySelector('.panel').hidden")
    page.key("?")
    page.wait("the keys", "document.querySelector('dialog')?.open")
    page.key("Escape")
    page.wait("no keys", "!document.querySelector('dialog')")
    page.key("/")
    page.wait("the jump box", "document.activeElement.type === 'search'")
    page.send("Input.insertText", text=suite.good)
    page.key("Enter")
    page.wait("the run", f"location.pathname.endsWith({suite.good!r})")
    assert not page.problems, page.problems
    page.close()


@test
def filters_are_in_the_url_and_come_back(suite):
    page = suite.page("/runs")
    page.wait("rows", "document.querySelector('.runs .row')")
    page.click("✕failed")
    page.wait("a filter", "location.search === '?status=failed'")
    states = "[...document.querySelectorAll('.runs .row .state')]"
    only = f"{states}.every((one) => one.textContent.includes('failed'))"
    page.wait("failed runs alone", f"document.querySelector('.runs .row') && {only}")
    page.type(".filter", "workflow:failing")
    page.key("Enter")
    page.wait("two filters", "location.search.includes('workflow=failing')")
    page.run("history.back()")
    page.wait("one filter", "location.search === '?status=failed'")
    suite.check(page, "filtered")
    page.close()


@test
def hostile_text_is_text(suite):
    page = suite.page(f"/runs/{suite.hostile}?tab=logs")
    page.wait_for("<img src=x onerror=window.hacked=1>")
    page.wait_for("⟨U+202E⟩")
    page.wait_for("whole line")
    assert page.run("document.body.innerText.length") < 60_000
    page.open(f"/runs/{suite.failed}")
    page.wait_for("team=<b>pay</b>")
    assert page.run("window.hacked === undefined && !document.querySelector('main b, main img[src=x]')")
    suite.check(page, "hostile")
    page.close()


@test
def a_run_of_5000_steps_is_fluid(suite):
    run = suite.engine.run("wide")
    state = suite.engine.end(run)
    assert state["status"] == "succeeded", state
    page = suite.page("/system")
    page.wait("a warm page", heading("System"))
    begin = time.monotonic()
    page.open(f"/runs/{run}")
    page.wait("steps", "document.querySelector('.step')")
    took = time.monotonic() - begin
    note = "document.querySelector('.timeline-tools .note')"
    page.wait("all of them", f"{note}?.textContent.startsWith('5,00')", 30)
    page.run("gc()")
    memory = page.run("performance.memory.usedJSHeapSize") / 1e6
    elements = page.run("document.querySelectorAll('*').length")
    page.run("document.querySelector('.fold button').click()")
    slowest = page.run("""new Promise((done) => {
        const list = document.querySelector('.virtual.steps');
        let last = performance.now(); let slowest = 0; let frames = 0;
        const step = (now) => {
            slowest = Math.max(slowest, now - last); last = now; list.scrollTop += 1500;
            if (++frames < 60) requestAnimationFrame(step); else done(slowest);
        };
        requestAnimationFrame(step);
    })""")
    print(f"   first paint {took * 1000:.0f} ms, heap {memory:.1f} MB, {elements} elements, "
          f"slowest frame {slowest:.0f} ms")
    suite.check(page, "wide")
    # Twice the goals of 1 s and 100 ms: the machine does other things, too.
    assert took < 2 and memory < 60 and elements < 1500 and slowest < 200
    page.close()


@test
def a_restarted_server_is_found_again(suite):
    run = suite.engine.run("patient")
    page = suite.page(f"/runs/{run}")
    page.expected += ["Failed to load resource", "ERR_CONNECTION"]
    page.wait("live", "document.querySelector('.pill').dataset.state === 'live'")
    suite.engine.stop()
    page.wait("that it is gone", "document.querySelector('.pill').dataset.state === 'reconnecting'")
    suite.shot(page, "gone")
    suite.engine.start()
    page.wait("live again", "document.querySelector('.pill').dataset.state === 'live'", 30)
    status(page, "succeeded")
    assert not page.problems, page.problems
    page.close()


@test
def a_key_is_asked_for_and_traded_for_a_session(suite):
    """Comes last: from the first key on the API is closed."""
    key = suite.engine.call("POST", "/v1/tokens", {"name": "browser", "role": "admin"})["token"]
    page = suite.page("/runs")
    page.expected += ["401 (Unauthorized)"]
    page.wait_for("This server wants an API key")
    suite.check(page, "sign-in")
    page.type("dialog [name=key]", "pawl_wrong")
    page.click("Sign in", "document.querySelector('dialog')")
    page.wait_for("not valid")
    page.type("dialog [name=key]", key)
    page.click("Sign in", "document.querySelector('dialog')")
    page.wait("rows", "document.querySelector('.runs .row')")
    page.wait("live", "document.querySelector('.pill').dataset.state === 'live'", 30)
    assert page.run("document.cookie") == ""
    assert not page.problems, page.problems
    page.close()


def main():
    path = find_browser()
    if not path:
        return print("browser tests: skipped, there is no Chromium; install the package chromium") or 0
    shots = sys.argv[2] if len(sys.argv) > 2 else None
    if shots:
        os.makedirs(shots, exist_ok=True)
    wanted = sys.argv[3:]
    browser = Browser(path)
    suite = None
    failed = 0
    begin = time.monotonic()
    try:
        suite = Suite(sys.argv[1], browser, shots)
        for body in TESTS:
            if wanted and body.__name__ not in wanted:
                continue
            start = time.monotonic()
            try:
                body(suite)
                print(f"ok   {body.__name__} ({time.monotonic() - start:.1f} s)", flush=True)
            except Exception:
                failed += 1
                print(f"FAIL {body.__name__}\n{traceback.format_exc(limit=-3)}", flush=True)
    finally:
        browser.close()
        if suite:
            suite.engine.close()
    print(f"browser tests: {len(TESTS)} ran, {failed} failed, {time.monotonic() - begin:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
