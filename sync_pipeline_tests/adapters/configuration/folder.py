"""A folder of customers for tests: valid files first, then one thing changed."""

from dataclasses import dataclass
from pathlib import Path

from sync_pipeline.adapters.configuration import Fleet, Problem, load_fleet

CUSTOMER = """\
id: riverside
name: Riverside Food Bank
timezone: America/Chicago
destination:
  base_url: http://127.0.0.1:9000
  token: env:RIVERSIDE_VIRTUOUS_TOKEN
sources:
  people:
    connector: parts/people.yaml
    base_url: http://127.0.0.1:9001/v1
    token: file:secrets/people.token
    reference_source: PEOPLE
streams:
  people:
    source: people
    recipe: parts/contacts.yaml
"""
CONNECTOR = """\
connector: people-api
base_url: https://people.example.org/api
auth: {kind: bearer}
defaults:
  records: data
  pagination: {kind: next_link, path: links.next}
streams:
  people:
    path: /people
    key: [id]
    modified: {field: updated_at, parameter: updated_after}
  plain:
    path: /plain
    key: [id]
"""
RECIPE = """\
recipe: people-to-contacts
writes: contact
reference: cast(id as varchar)
when: status = 'active'
fields:
  contactType: "'Household'"
  firstName: first_name
  email: lower(trim(email))
tags: ["'People: ' || role"]
"""


@dataclass(frozen=True)
class FleetFolder:
    path: Path

    def write(self, name: str, text: str) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def change(self, name: str, old: str, new: str) -> Path:
        """Replace text that stands exactly once in a file."""
        text = (self.path / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        return self.write(name, text.replace(old, new))

    def load(self) -> Fleet:
        return load_fleet(self.path)

    def only_problem(self) -> Problem:
        problems = self.load().problems
        assert len(problems) == 1, [str(problem) for problem in problems]
        return problems[0]

    def found(self) -> list[tuple[str, int, str]]:
        """File name, line and key of every problem."""
        return [(problem.file.name, problem.line, problem.key) for problem in self.load().problems]


def valid_folder(path: Path) -> FleetFolder:
    folder = FleetFolder(path)
    folder.write("riverside.yaml", CUSTOMER)
    folder.write("parts/people.yaml", CONNECTOR)
    folder.write("parts/contacts.yaml", RECIPE)
    return folder
