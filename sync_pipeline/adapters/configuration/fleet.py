"""The fleet: every customer of a folder. A broken file costs its own customer, never another one."""

from dataclasses import dataclass
from pathlib import Path

from sync_pipeline.adapters.configuration.component import YAML_SUFFIXES, NotFound, find_recipe
from sync_pipeline.adapters.configuration.customer_file import LoadedCustomer, load_customer_file
from sync_pipeline.adapters.configuration.customer_parts import SecretUse
from sync_pipeline.adapters.configuration.files import Files
from sync_pipeline.adapters.configuration.problem import InvalidCustomerError, Problem, in_order, unique
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.configuration.base import did_you_mean
from sync_pipeline.domain.errors import ConfigurationError

# Loading 1,000 customers takes 4 s (YAML is parsed in Python) and a sensor asks every 30 s. Comparing the content of
# the files with what they held before takes 0.03 s, so an unchanged customer is kept.
loaded_before: dict[Path, LoadedCustomer] = {}


@dataclass(frozen=True)
class Fleet:
    """The customers of a folder by id, and the problems of those that cannot be used.

    `broken` has the id of every customer with problems; an id in neither mapping does not exist.
    """

    folder: Path
    customers: dict[str, Customer]
    broken: dict[str, tuple[Problem, ...]]
    secrets: dict[str, tuple[SecretUse, ...]]

    @property
    def problems(self) -> list[Problem]:
        """The problems of all customers by file and line; those of a shared connector or recipe once."""
        return list(in_order(problem for problems in self.broken.values() for problem in problems))

    def only(self, customer_id: str) -> "Fleet":
        """The fleet reduced to one customer, broken or not.

        Raises:
            ConfigurationError: there is none of that id.
        """
        if customer_id not in self.customers and customer_id not in self.broken:
            raise no_such_customer(customer_id, self.folder, [*self.customers, *self.broken])
        return Fleet(
            folder=self.folder,
            customers={key: value for key, value in self.customers.items() if key == customer_id},
            broken={key: value for key, value in self.broken.items() if key == customer_id},
            secrets={key: value for key, value in self.secrets.items() if key == customer_id},
        )


def load_fleet(folder: Path, region: str | None = None) -> Fleet:
    """Load every customer of `folder`; with `region`, those of that region.

    A broken file whose region cannot be read is always reported.

    Raises:
        ConfigurationError: the folder itself cannot be read. It must not pass for a fleet without customers.
    """
    files = Files()
    paths = customer_paths(folder)
    loaded = [entry for path in paths if (entry := load_once(path, files)) is not None]
    forget_removed(folder, paths)
    of_region = [entry for entry in loaded if region is None or entry.region in (None, region)]
    problems = problems_by_id(of_region, loaded)
    return Fleet(
        folder=folder,
        customers={
            entry.id: entry.customer for entry in of_region if entry.customer is not None and entry.id not in problems
        },
        broken=problems,
        secrets={entry.id: entry.secrets for entry in of_region},
    )


def load_customer(folder: Path, customer_id: str, region: str | None = None) -> Customer:
    """Load one customer; with `region`, one of that region.

    Raises:
        ConfigurationError: there is none of that id, or it belongs to another region.
        InvalidCustomerError: its files have problems; it carries all of them.
    """
    paths = customer_paths(folder)
    same_id = [path for path in paths if path.stem.casefold() == customer_id.casefold()]
    loaded = [entry for path in same_id if (entry := load_once(path, Files())) is not None]
    found = [entry for entry in loaded if entry.id == customer_id]
    if not found:
        raise no_such_customer(customer_id, folder, [path.stem for path in paths])
    refuse_other_region(customer_id, found[0].region, region)
    problems = problems_by_id(found, loaded).get(customer_id, ())
    if problems or found[0].customer is None:
        raise InvalidCustomerError(customer_id, problems)
    return found[0].customer


def load_customer_with_recipe(folder: Path, customer_id: str, recipe_file: Path, region: str | None = None) -> Customer:
    """Load one customer as if this file were the recipe of its name that the customer uses.

    Raises:
        ConfigurationError: there is no such customer, no such file, or no stream uses a recipe of that name.
        InvalidCustomerError: the files have problems; it carries all of them.
    """
    load_customer(folder, customer_id, region)  # what is wrong without the recipe is told first
    files = Files()
    recipe = find_recipe(str(recipe_file), Path(), files)
    if isinstance(recipe, NotFound):
        raise ConfigurationError(f"`--recipe`: {recipe.message}.", recipe.remedy)
    loaded = [load_customer_file(path, files, recipe) for path in customer_paths(folder) if path.stem == customer_id]
    found = next(entry for entry in loaded if entry is not None)
    if recipe.problems or found.problems or found.customer is None:
        raise InvalidCustomerError(customer_id, recipe.problems or found.problems)
    if all(stream.recipe is not recipe.model for stream in found.customer.streams.values()):
        used = sorted({stream.recipe.recipe for stream in found.customer.streams.values()})
        raise ConfigurationError(
            f"No stream of {customer_id} uses the recipe `{recipe.values.get('recipe')}` of {recipe_file}.",
            f"Write the name of the recipe that it is to replace into its first line: {', '.join(used)}.",
        )
    return found.customer


def load_regions(folder: Path) -> dict[str, str]:
    """The region of each customer of `folder`, broken ones included as far as theirs can be read."""
    files = Files()
    loaded = [entry for path in customer_paths(folder) if (entry := load_once(path, files)) is not None]
    return {entry.id: entry.region for entry in loaded if entry.region is not None}


def refuse_other_region(customer_id: str, belongs_to: str | None, region: str | None) -> None:
    """Raises ConfigurationError when the customer is known to belong to another region than this deployment."""
    if region is not None and belongs_to not in (None, region):
        raise ConfigurationError(
            f"{customer_id} belongs to the region {belongs_to}, this deployment to {region}.",
            "Run it in the deployment of its region, or change SYNC_REGION or the customer's `region`.",
        )


def no_such_customer(customer_id: str, folder: Path, known: list[str]) -> ConfigurationError:
    return ConfigurationError(
        f"There is no customer {customer_id} in {folder}.",
        f"{did_you_mean(customer_id, known)}`sync-pipeline customers list` shows them.",
    )


def customer_paths(folder: Path) -> list[Path]:
    """The YAML files directly inside `folder`, by name; hidden files and subfolders are not the fleet's."""
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise ConfigurationError(
            f"The folder of customers {folder} cannot be read: {error.strerror}.",
            "Set SYNC_CUSTOMERS to the folder that holds the customer files.",
        ) from error
    return [folder / name for name in names if name.endswith(YAML_SUFFIXES) and not name.startswith(".")]


def load_once(path: Path, files: Files) -> LoadedCustomer | None:
    before = loaded_before.get(path)
    if before is not None and all(files.content(made_from) == text for made_from, text in before.made_from.items()):
        return before
    loaded = load_customer_file(path, files)
    if loaded is not None and loaded.made_from:
        loaded_before[path] = loaded
    return loaded


def forget_removed(folder: Path, paths: list[Path]) -> None:
    kept = set(paths)
    for path in [path for path in loaded_before if path.parent == folder and path not in kept]:
        loaded_before.pop(path, None)


def problems_by_id(wanted: list[LoadedCustomer], loaded: list[LoadedCustomer]) -> dict[str, tuple[Problem, ...]]:
    """The problems of every wanted customer that has some, ids used twice among all `loaded` included.

    Ids that differ in case only collide too: they would share a folder on some file systems.
    """
    by_folded_id: dict[str, list[LoadedCustomer]] = {}
    for entry in loaded:
        by_folded_id.setdefault(entry.id.casefold(), []).append(entry)
    found: dict[str, list[Problem]] = {}
    for entry in wanted:
        others = [other.file.name for other in by_folded_id[entry.id.casefold()] if other is not entry]
        twice = [duplicate_problem(entry, ", ".join(others))] if others else []
        if entry.problems or twice:
            found.setdefault(entry.id, []).extend([*entry.problems, *twice])
    return {customer_id: in_order(unique(problems)) for customer_id, problems in found.items()}


def duplicate_problem(entry: LoadedCustomer, others: str) -> Problem:
    return Problem(entry.file, 1, "id", f"the same customer id is used by {others}", "Keep one of the files.")
