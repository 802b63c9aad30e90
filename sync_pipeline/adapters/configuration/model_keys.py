"""Which keys a configuration model allows at a place, to suggest the right one for a wrong one."""

from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel


def allowed_keys(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """The keys of the mapping that pydantic's error `location` points into."""
    shapes: list[Any] = [model]
    for step in location:
        shapes = list(inner_shapes(shapes, step)) or list(chosen_shapes(shapes, step))
    return [name for shape in flatten(shapes) if is_model(shape) for name in shape.model_fields]


def inner_shapes(shapes: list[Any], step: str | int) -> Iterator[Any]:
    """The annotations found below a key, or inside a list."""
    for shape in flatten(shapes):
        if is_model(shape):
            if step in shape.model_fields:
                yield shape.model_fields[step].annotation
        elif get_origin(shape) is dict:
            yield get_args(shape)[1]
        elif get_origin(shape) in (list, tuple):
            yield get_args(shape)[0]


def chosen_shapes(shapes: list[Any], step: str | int) -> Iterator[Any]:
    """Pydantic puts the `kind` of a discriminated union into the location: the models of that kind."""
    for shape in flatten(shapes):
        if is_model(shape) and "kind" in shape.model_fields and step in get_args(shape.model_fields["kind"].annotation):
            yield shape


def flatten(shapes: list[Any]) -> Iterator[Any]:
    for shape in shapes:
        if get_origin(shape) is Annotated:
            yield from flatten([get_args(shape)[0]])
        elif get_origin(shape) in (Union, UnionType):
            yield from flatten(list(get_args(shape)))
        else:
            yield shape


def is_model(shape: Any) -> bool:
    return isinstance(shape, type) and issubclass(shape, BaseModel)
