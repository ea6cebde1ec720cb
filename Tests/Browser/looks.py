"""What the pages show, and to whom: light, dark, small, by keyboard, large and hostile."""

import time

from suite import heading, test

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
    page.wait("what a list lists", "!document.querySelector('.runs') || document.querySelector('.runs .row')")
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
    page.wait_for("Step breaks failed 3 attempts: its program exited with status 7: disk is full.")
    page.wait_for(f"pawl run logs {suite.failed} --step breaks")
    page.click("What this is drawn from, and 1 more to know")
    page.wait_for("All 3 attempts of step breaks failed, each time alike.")
    page.click("Logs", ".panel")
    page.wait_for("disk is full")
    suite.check(page, "failed")
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
    page.tab.keyboard.insert_text(suite.good)
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


def opened_and_scrolled(page, run):
    page.open("/system")
    page.wait("a warm page", heading("System"))
    begin = time.monotonic()
    page.open(f"/runs/{run}")
    page.wait("steps", "document.querySelector('.step')")
    took = time.monotonic() - begin
    note = "document.querySelector('.timeline-tools .note')"
    page.wait("all of them", f"{note}?.textContent.startsWith('5,00')")
    page.run("gc()")
    memory = page.run("performance.memory.usedJSHeapSize") / 1e6
    elements = page.run("document.querySelectorAll('*').length")
    requests, size = page.run("""(() => {
        const all = performance.getEntriesByType('resource');
        return [all.length, all.reduce((sum, one) => sum + one.transferSize, 0) / 1e6];
    })()""")
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
    return took, memory, elements, slowest, requests, size


@test
def a_run_of_5000_steps_is_fluid(suite):
    run = suite.engine.run("wide")
    state = suite.engine.end(run)
    assert state["status"] == "succeeded", state
    page = suite.page("/system")
    # What the machine does beside it shows in the figures, so that it is tried up to three times.
    for _ in range(3):
        took, memory, elements, slowest, requests, size = opened_and_scrolled(page, run)
        print(f"   first paint {took * 1000:.0f} ms, heap {memory:.1f} MB, {elements} elements, "
              f"slowest frame {slowest:.0f} ms, {requests} requests, {size:.1f} MB")
        if took < 1 and slowest < 100:
            break
    suite.check(page, "wide")
    # Twice the goals of 1 s and 100 ms: the machine does other things, too.
    assert took < 2 and memory < 60 and elements < 1500 and slowest < 200
    # Each step is read once, five hundred at a time, without its input and output.
    assert requests < 80 and size < 5
    page.close()
