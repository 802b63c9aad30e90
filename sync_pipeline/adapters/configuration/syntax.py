"""Broken YAML in plain words. The library's own text is not passed on: it may quote what stands in the file."""

from ruamel.yaml.error import MarkedYAMLError

TAB = "\t"
# What the library says, and what it means to the person who wrote the file.
EXPLANATIONS = (
    ("undefined alias", "a * stands before a value but no & defines it", "Put the value in quotes."),
    ("another document", "the file holds several documents", "Keep one; remove what follows the second ---."),
    (
        "mapping values are not allowed",
        "a colon or an indentation is out of place",
        "Indent the keys of one mapping alike, and put quotes around a value that contains a colon and a space.",
    ),
    ("sequence entries are not allowed", "a list starts on the line of its key", "Put the - on a line of its own."),
    ("could not find expected ':'", "a key has no value", "Write `key: value`, with a space after the colon."),
    ("expected ',' or ']'", "a [ has no matching ]", "Close the list with ] and separate its items with commas."),
    (
        "expected ',' or '}'",
        "a { has no matching }",
        "Close it with }, separate keys with commas, and quote a value that contains { or }.",
    ),
    ("unexpected end of stream", "a quote is not closed", "Close the quoted text."),
    ("unknown escape", "a double-quoted text holds an unknown escape", "Use single quotes, or write \\\\ for one \\."),
    ("cannot start any token", "a value starts with a reserved character", "Put quotes around the value."),
    ("expected <block end>", "the indentation is wrong", "Indent the keys of one mapping alike."),
)


def explain_syntax_error(error: MarkedYAMLError, text: str) -> tuple[str, str, int]:
    """Message, remedy and line (1-based) of what a YAML parser stopped at."""
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark is not None else 1
    lines = text.splitlines()
    written = lines[line - 1] if line <= len(lines) else ""
    if TAB in written[: len(written) - len(written.lstrip())]:
        return "the line is indented with a tab", "YAML indents with spaces.", line
    problem = f"{error.context or ''} {error.problem or ''}"
    for part, message, remedy in EXPLANATIONS:
        if part in problem:
            return message, remedy, line
    return "the file is not valid YAML", "Check the quotes, brackets and indentation of this line.", line
