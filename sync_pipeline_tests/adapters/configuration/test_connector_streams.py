"""What a connector says about its streams must fit together, and a customer's strategy must fit the stream."""

import pytest

from sync_pipeline.domain.cut import Strategy
from sync_pipeline_tests.adapters.configuration.folder import FleetFolder

USE = "    source: people\n"
PLAIN = "  plain:\n    path: /plain\n    key: [id]\n"
SHIFTS = "  shifts:\n    path: '/people/{id}/shifts'\n    key: [id]\n    walk: {parent: people, time: starts_at}\n"
CHANGES = "    changes: {parameter: since_token, path: next_token}\n"


def read_plain(folder: FleetFolder, strategy: str | None = None) -> None:
    """Let the customer's stream read the connector's stream `plain`."""
    written = "" if strategy is None else f"    read: {{strategy: {strategy}}}\n"
    folder.change("riverside.yaml", USE, f"{USE}    stream: plain\n{written}")


@pytest.mark.parametrize(
    "pagination",
    [
        "{kind: page_number, parameter: page, last: meta.last_page}",
        "{kind: offset, parameter: offset, size_parameter: limit, size: 100}",
        "{kind: cursor, path: next, parameter: cursor, more: has_more}",
        "{kind: since_until, since: from, until: to, window: 7d}",
        "{kind: since_until, since: from, until: to, window: 7d, format: epoch}",
        "{kind: since_until, since: from, until: to, window: 7d, start: 2015-01-31, pages: {kind: none}}",
    ],
)
def test_every_pagination_can_be_used(folder: FleetFolder, pagination: str) -> None:
    folder.change("parts/people.yaml", PLAIN, f"{PLAIN}    pagination: {pagination}\n")
    read_plain(folder)
    assert folder.load().problems == []


@pytest.mark.parametrize(
    "written", ["iso", "iso_z", "date", "epoch", "epoch_ms", "'%Y-%m-%d %H:%M:%S'", "'%j of %Y'", "'100%% %d %b %Y'"]
)
def test_every_format_of_times_can_be_used(folder: FleetFolder, written: str) -> None:
    folder.change("parts/people.yaml", "updated_after}", f"updated_after, format: {written}}}")
    assert folder.load().problems == []


@pytest.mark.parametrize(
    ("written", "message", "remedy"),
    [
        ("epoc", "not a format of times", "Did you mean epoch? "),
        ("YYYY-MM-DD", "not a format of times", "such as %Y-%m-%d %H:%M:%S"),
        ("'%Y-%m-%d %I:%M'", "a directive that is not known here", "%H"),
        ("'%Y-%m-%d %'", "a directive that is not known here", "%H"),
        ("'%H:%M'", "leaves out the year, the month or the day", "%Y-%m-%d"),
        ("'%m/%d'", "leaves out the year", "%Y-%m-%d"),
        ("'%Y-%d'", "the month", "%Y-%m-%d"),
        ("'100%%'", "leaves out the year", "%Y-%m-%d"),
    ],
)
def test_a_format_that_tells_no_moment_is_a_problem(
    folder: FleetFolder, written: str, message: str, remedy: str
) -> None:
    folder.change("parts/people.yaml", "updated_after}", f"updated_after, format: {written}}}")
    problem = folder.only_problem()
    assert problem.key == "streams.people.modified.format"
    assert message in problem.message
    assert remedy in problem.remedy


@pytest.mark.parametrize(
    "auth",
    [
        "{kind: basic}",
        "{kind: header, name: X-Key}",
        "{kind: header, name: Authorization, prefix: 'Token '}",
        "{kind: query, name: key}",
    ],
)
def test_every_way_to_send_the_token_can_be_used(folder: FleetFolder, auth: str) -> None:
    folder.change("parts/people.yaml", "{kind: bearer}", auth)
    assert folder.load().problems == []


@pytest.mark.parametrize(
    ("more", "strategy"),
    [
        ("", Strategy.FULL_SNAPSHOT),
        ("    modified: {field: updated_at, parameter: updated_after}\n", Strategy.MODIFIED_SINCE),
        (CHANGES, Strategy.CHANGES_SINCE),
        ("    walk: {parent: people}\n", Strategy.WALK_PARENTS),
    ],
)
def test_a_stream_is_read_in_the_cheapest_way_its_connector_knows(
    folder: FleetFolder, more: str, strategy: Strategy
) -> None:
    path = "/people/{id}/plain" if "walk" in more else "/plain"
    folder.change("parts/people.yaml", PLAIN, PLAIN.replace("/plain", path) + more)
    read_plain(folder)
    assert folder.load().customers["riverside"].strategy("people") is strategy


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        ("walk_parents", "needs `walk`"),
        ("changes_since", "needs `changes`"),
        ("modified_since", "needs `modified`"),
    ],
)
def test_a_strategy_needs_its_description(folder: FleetFolder, strategy: str, words: str) -> None:
    read_plain(folder, strategy)
    problem = folder.only_problem()
    assert problem.key == "streams.people.read.strategy"
    assert words in problem.message


@pytest.mark.parametrize("strategy", ["full_snapshot", "modified_since", "changes_since"])
def test_a_walked_stream_is_read_in_no_other_way(folder: FleetFolder, strategy: str) -> None:
    """Participations move nobody's modified time: read by it, their changes would be missed for ever."""
    walk = "    walk: {parent: people}\n    modified: {field: updated_at, parameter: updated_after}\n"
    folder.change("parts/people.yaml", PLAIN, PLAIN.replace("/plain", "/people/{id}/plain") + walk + CHANGES)
    read_plain(folder, strategy)
    problem = folder.only_problem()
    assert problem.key == "streams.people.read.strategy"
    assert "once per record of `people`" in problem.message


@pytest.mark.parametrize(
    ("shifts", "key", "words"),
    [
        (SHIFTS.replace("parent: people", "parent: peple"), "shifts.walk.parent", "Did you mean people?"),
        (SHIFTS.replace("parent: people", "parent: shifts"), "shifts.walk.parent", "back to itself"),
        (SHIFTS.replace("/people/{id}/shifts", "/shifts"), "shifts.path", "same address"),
        (SHIFTS.replace("{id}", "{}"), "shifts.path", "same address"),
        (SHIFTS.replace("{id}", "{parent.id}"), "shifts.path", "above the topmost one"),
        (SHIFTS.replace("    walk: {parent: people, time: starts_at}\n", ""), "shifts.path", "there is no `walk`"),
        (SHIFTS.replace("time: starts_at", "lookback_days: 45"), "shifts.walk.lookback_days", "needs `time`"),
        (SHIFTS.replace("time: starts_at", "parameters: {from: f}"), "shifts.walk.parameters", "needs `time`"),
        (SHIFTS.replace("starts_at}", "t, parameters: {form: f}}"), "shifts.walk.parameters.form", "from, until"),
        (
            SHIFTS + "    pagination: {kind: since_until, since: a, until: b, window: 1d}\n",
            "shifts.walk",
            "cannot be combined",
        ),
        (
            PLAIN.replace("plain", "more")
            + CHANGES
            + "    pagination: {kind: since_until, since: a, until: b, window: 1d}\n",
            "more.changes",
            "cannot be combined",
        ),
        (
            PLAIN.replace("plain", "more")
            + "    pagination: {kind: since_until, since: a, until: b, window: 1d, start: 5}\n",
            "more.pagination.start",
            "2015-01-31",
        ),
    ],
)
def test_streams_that_do_not_fit_together_are_problems_of_the_connector(
    folder: FleetFolder, shifts: str, key: str, words: str
) -> None:
    folder.change("parts/people.yaml", PLAIN, PLAIN + shifts)
    problem = folder.only_problem()
    assert (problem.file.name, problem.key) == ("people.yaml", f"streams.{key}")
    assert words in f"{problem.message} {problem.remedy}"


def test_a_walk_that_runs_in_a_circle_over_two_streams_is_a_problem_of_both(folder: FleetFolder) -> None:
    circle = SHIFTS.replace("parent: people", "parent: turns") + SHIFTS.replace("shifts:", "turns:").replace(
        "parent: people", "parent: shifts"
    )
    folder.change("parts/people.yaml", PLAIN, PLAIN + circle)
    assert [key for _, _, key in folder.found()] == ["streams.shifts.walk.parent", "streams.turns.walk.parent"]


def test_a_grandparents_column_may_stand_in_a_path(folder: FleetFolder) -> None:
    hours = "  hours:\n    path: '/people/{parent.id}/shifts/{id}'\n    key: [id]\n    walk: {parent: shifts}\n"
    folder.change("parts/people.yaml", PLAIN, PLAIN + SHIFTS + hours)
    assert folder.load().problems == []


def test_every_shipped_stream_of_vomo_can_be_used(folder: FleetFolder) -> None:
    folder.change("riverside.yaml", "connector: parts/people.yaml", "connector: vomo")
    folder.change(
        "riverside.yaml", "  people:\n    source: people\n", "  people:\n    source: people\n    stream: users\n"
    )
    connector = folder.load().customers["riverside"].sources["people"].connector
    strategies = {name: connector.stream(name).cheapest_strategy for name in connector.streams}
    assert {name for name, strategy in strategies.items() if strategy is Strategy.WALK_PARENTS} == {
        "project_dates",
        "participations",
        "user_participations",
        "group_members",
        "completions",
    }
    assert {name for name, strategy in strategies.items() if strategy is Strategy.MODIFIED_SINCE} == {
        "users",
        "projects",
    }


def test_a_prefix_that_no_header_can_hold_is_a_problem(folder: FleetFolder) -> None:
    folder.change("parts/people.yaml", "{kind: bearer}", '{kind: header, name: Authorization, prefix: "Tökén "}')
    assert "plain characters" in folder.only_problem().message
