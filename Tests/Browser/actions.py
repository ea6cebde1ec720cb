"""What is done from the pages, and how they follow what others do."""

import os
import time

from suite import heading, test


@test
def a_run_is_started_from_the_form_and_followed_to_its_end(suite):
    page = suite.page("/workflows/greeting/start")
    page.wait("the form", heading("Start"))
    page.click("Run and follow")
    page.wait_for("number is required")
    fields = "form.start fieldset.root > .field input >> nth="
    page.type(f"{fields}0", "Ada <i>")
    page.type(f"{fields}1", "9007199254740993123")
    page.click("Run and follow")
    page.wait("the run's page", "location.pathname.startsWith('/runs/run_')")
    page.wait("its end", "document.querySelector('.sentence')?.textContent.startsWith('Succeeded')", 30)
    page.click("Input and output")
    page.wait_for("9007199254740993123")
    page.click("Logs", ".tabs")
    page.wait("colours", "document.querySelector('.log .a-fg1')?.textContent === 'red'")
    suite.check(page, "started")
    page.close()


def button(page, title, verb, field=None):
    page.click(title, "main .buttons")
    if field:
        page.type(f"dialog [name={field[0]}]", field[1])
    page.click(verb, "dialog")
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
    page.click("Cancel", "main .buttons")
    page.wait_for("The same from a terminal")
    page.run("document.querySelector('dialog details').open = true")
    page.wait_for(f"pawl run cancel {run}")
    suite.check(page, "dialog")
    page.click("Cancel run", "dialog")
    status(page, "cancelled")
    suite.check(page, "cancelled")
    page.close()


@test
def a_run_is_frozen_and_thawed(suite):
    """Its process stands still while it is frozen, and goes on afterwards."""
    stop = f"{suite.engine.folder}/thawed"
    run = suite.engine.run("talkative", {"stop": stop})
    page = suite.page(f"/runs/{run}?tab=logs")
    lines = "parseInt(document.querySelector('.logs .note')?.textContent)"
    page.wait("lines", f"{lines} > 5")
    page.click("Freeze", "main .buttons")
    page.wait_for("The processes of running steps are stopped, their clocks with them")
    page.run("document.querySelector('dialog details').open = true")
    page.wait_for(f"pawl run pause --freeze {run}")
    page.type("dialog [name=reason]", "a look at its files")
    suite.check(page, "freeze")
    page.click("Freeze run", "dialog")
    status(page, "paused")
    page.wait_for("frozen")
    assert page.run("[...document.querySelectorAll('main .buttons button')].every((one) =>"
                    " one.textContent !== 'Freeze')")
    before = kept_while_frozen(suite, run)
    suite.check(page, "frozen")
    button(page, "Resume", "Resume run")
    page.wait("more lines", f"{lines} > {before}")
    open(stop, "w").close()
    status(page, "succeeded")
    suite.check(page, "thawed")
    page.close()


def kept_while_frozen(suite, run):
    """How many lines its log has once none is added for a second, in which fifty would be."""
    deadline = time.monotonic() + 30
    before, since = -1, time.monotonic()
    while time.monotonic() - since < 1:
        assert time.monotonic() < deadline, "the log goes on"
        count = len(all_lines(suite, run))
        if count != before:
            before, since = count, time.monotonic()
        time.sleep(0.1)
    return before


@test
def a_sleep_is_ended_and_an_attempt_failed(suite):
    page = suite.page(f"/runs/{suite.engine.run('long')}?step=rest")
    status(page, "waiting")
    page.click("Go on now", ".panel")
    page.click("Go on now", "dialog")
    status(page, "succeeded")
    page.open(f"/runs/{suite.engine.run('slow')}?step=hangs")
    status(page, "running")
    page.click("Fail it", ".panel")
    page.type("dialog [name=reason]", "nobody will")
    page.click("Fail it", "dialog")
    status(page, "failed")
    suite.check(page, "failed-by-hand")
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
def a_failed_step_of_an_ended_run_counts_as_done(suite):
    run = suite.engine.run("toggled", {"file": f"{suite.engine.folder}/never"})
    suite.engine.end(run)
    page = suite.page(f"/runs/{run}?step=looks")
    status(page, "failed")
    page.click("Count as done", ".panel")
    page.type("dialog [name=reason]", "seen by eye")
    page.click("Count as done", "dialog")
    status(page, "succeeded")
    page.close()


@test
def all_runs_that_match_a_filter_are_acted_on(suite):
    runs = [suite.engine.run("long", labels={"tide": "out"}) for _ in range(3)]
    page = suite.page("/runs?label.tide=out&status=waiting")
    page.click("Act on all that match…")
    page.wait_for("Cancel 3 runs")
    suite.check(page, "batch-dialog")
    page.choose("dialog select", "cancel")
    page.type("dialog [name=reason]", "the tide is <b>out</b>")
    page.run("document.querySelector('dialog details').open = true")
    page.wait_for("pawl batch cancel --filter status=waiting --filter label.tide=out --reason")
    page.click("Begin", "dialog")
    page.wait("its page", "location.pathname === '/batches' && location.search.startsWith('?id=batch_')")
    page.wait("its end", "document.querySelector('.status')?.textContent.includes('completed')", 30)
    page.wait_for("3 of 3")
    suite.check(page, "batch")
    for run in runs:
        assert suite.engine.end(run)["status"] == "cancelled"
    page.open("/batches")
    page.wait("its row", "document.querySelector('tbody tr')?.innerText.includes('3 of 3')")
    suite.check(page, "batch-list")
    page.close()


@test
def a_queue_is_bounded_paused_and_resumed(suite):
    suite.engine.call("PUT", "/v1/queues/spare", {"weight": 2})
    page = suite.page("/queues")
    page.wait_for("spare")
    row = "tbody tr:has-text('spare')"
    page.click("Limits…", row)
    page.type("dialog [name=rate]", "100/1m")
    page.click("Set", "dialog")
    page.wait_for("rate 100/1m, weight 2")
    for title, word in [("Pause", "paused"), ("Resume", "open")]:
        page.click(title, row)
        page.click(title, "dialog")
        page.tab.locator(row).get_by_text(word).first.wait_for()
    suite.check(page, "queue")
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
    pages[0].tab.bring_to_front()
    pages[0].click(pages[0].run("document.querySelector('.banner').textContent"))
    link = f"document.querySelector('.row a[href$=\"{run}\"]')"
    pages[0].wait("its row", link)
    pages[0].wait("its end in the row", f"{link}.closest('.row').innerText.includes('succeeded')")
    for page in pages:
        assert not page.problems, page.problems
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


# What an open page shows, noted twenty times a second.
WATCH = """
window.noted = [];
const look = () => {
  const note = document.querySelector('.logs .note')?.textContent ?? '';
  const steps = [...document.querySelectorAll('.steps .step')].map((one) => one.innerText);
  window.noted.push({ lines: parseInt(note.replaceAll(',', '')) || 0, steps,
    status: document.querySelector('h1 .status')?.textContent ?? '' });
};
look();
setInterval(look, 50)
"""


def is_rising(values):
    return all(one <= other for one, other in zip(values, values[1:]))


@test
def a_killed_server_costs_neither_lines_nor_steps(suite):
    """The run's worker lives on; the server of the page is killed twice."""
    server = suite.engine.another_server()
    stop = f"{suite.engine.folder}/talked-enough"
    run = suite.engine.run("talkative", {"stop": stop})
    pages = []
    for tab in ["logs", "timeline"]:
        page = suite.browser.page(server.address)
        page.expected += ["Failed to load resource", "ERR_CONNECTION", "ERR_INCOMPLETE", "ERR_EMPTY"]
        page.open(f"/runs/{run}?tab={tab}")
        page.wait("live", "document.querySelector('.pill').dataset.state === 'live'")
        pages.append(page)
    log, timeline = pages
    log.wait("lines", "parseInt(document.querySelector('.logs .note')?.textContent) > 20")
    timeline.wait("steps", "document.querySelectorAll('.steps .step').length >= 2")
    for page in pages:
        page.run(WATCH)
    for _ in range(2):
        server.kill()
        for page in pages:
            page.wait("that it is gone", "document.querySelector('.pill').dataset.state === 'reconnecting'")
        log.wait("a word on it", "/Reconnecting|Stale since/.test(document.body.innerText)")
        suite.shot(log, "killed")
        before = log.run("window.noted.at(-1).lines")
        server.start()
        for page in pages:
            page.wait("live again", "document.querySelector('.pill').dataset.state === 'live'", 40)
        log.wait("more lines", f"window.noted.at(-1).lines > {before + 5}", 40)
    open(stop, "w").close()
    for page in pages:
        status(page, "succeeded")
    kept = [line["message"] for line in all_lines(suite, run)]
    assert kept == [f"line {number + 1}" for number in range(len(kept))], kept[-3:]
    log.wait("all lines", f"window.noted.at(-1).lines === {len(kept)}", 40)
    log.run("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    log.click("Copy", ".log-tools")
    shown = [line.split(" ", 3)[3] for line in log.run("window.copied").splitlines()]
    assert shown == kept, f"{len(shown)} shown, {len(kept)} kept"
    assert is_rising(log.run("window.noted.map((one) => one.lines)")), "the log went back"
    noted = timeline.run("window.noted")
    assert is_rising([len(one["steps"]) for one in noted]), "a step was gone for a while"
    order = ["pending", "queued", "running", "succeeded"]
    for index in range(2):
        seen = [next((rank for rank, word in enumerate(order) if word in one["steps"][index]), None)
                for one in noted if len(one["steps"]) > index]
        assert is_rising([rank for rank in seen if rank is not None]), f"step {index} went back: {seen}"
    ended = [one["status"] for one in noted].index(noted[-1]["status"])
    assert all("succeeded" in one["status"] for one in noted[ended:]), "the run went back"
    for page in pages:
        assert not page.problems, page.problems
        page.close()
    server.kill()


def all_lines(suite, run):
    lines, after = [], 0
    while after is not None:
        page = suite.engine.call("GET", f"/v1/runs/{run}/logs?after={after}&limit=500")
        lines, after = lines + page["items"], page["cursor"]
    return lines


@test
def a_key_is_asked_for_and_traded_for_a_session(suite):
    """Comes last: from the first key on the API is closed."""
    key = suite.engine.call("POST", "/v1/tokens", {"name": "browser", "role": "admin"})["token"]
    page = suite.page("/runs")
    page.expected += ["401 (Unauthorized)"]
    page.wait_for("This server wants an API key")
    suite.check(page, "sign-in")
    page.type("dialog [name=key]", "pawl_wrong")
    page.click("Sign in", "dialog")
    page.wait_for("not valid")
    page.type("dialog [name=key]", key)
    page.click("Sign in", "dialog")
    page.wait("rows", "document.querySelector('.runs .row')")
    page.wait("live", "document.querySelector('.pill').dataset.state === 'live'", 30)
    assert page.run("document.cookie") == ""
    assert not page.problems, page.problems
    page.close()
