"""What can be set per organization, checked by type: unknown names and wrong types are refused."""

from typing import Annotated, Literal

import msgspec

Positive = Annotated[int, msgspec.Meta(ge=1)]


class Quota(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fixed window. The default is the lower of the two limits that Virtuous publishes."""

    requests: Annotated[int, msgspec.Meta(ge=0)] = 1500
    window_seconds: Positive = 3600
    headers: bool = True
    header_prefix: Literal["X-RateLimit", "X-Rate-Limit"] = "X-RateLimit"
    reset_in_milliseconds: bool = False


class Permission(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    module: str
    action: str
    allowed: bool


ALL_PERMISSIONS = tuple(
    Permission(module=module, action=action, allowed=True)
    for module in ("Contact", "Gift")
    for action in ("Read", "Create", "Update", "Delete")
)
READ_ONLY = tuple(msgspec.structs.replace(one, allowed=one.action == "Read") for one in ALL_PERMISSIONS)


class OrganizationSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of one Virtuous organization.

    `auto_import`: transactions become records at once, when the import is run, or never (nobody presses the button).
    `batch_max`: rows; Virtuous publishes no maximum. `validation_status` and `error_body` choose among the documented
    ways to refuse a row.
    """

    name: str = "Sandbox Organization"
    organization_user_id: Positive = 501
    time_zone: str = "America/Chicago"
    culture: str = "en-US"
    administrator: bool = False
    enabled: bool = True
    permissions: tuple[Permission, ...] = ALL_PERMISSIONS
    auto_import: Literal["immediately", "manual", "never"] = "manual"
    batch_max: Positive = 500
    batch_ignores_birth_and_gender: bool = False
    validation_status: Literal[400, 422] = 400
    error_body: Literal["target", "message", "oauth", "text", "empty"] = "target"
    quota: Quota = Quota()

    def allows(self, module: str, action: str) -> bool:
        return any(one.allowed for one in self.permissions if (one.module, one.action) == (module, action))


def organization_settings(base: OrganizationSettings, changes: dict[str, object]) -> OrganizationSettings:
    """`base` with `changes` over it; a `quota` may name only what changes. Raises msgspec.ValidationError."""
    plain = msgspec.to_builtins(changes)
    merged = msgspec.to_builtins(base) | plain
    if isinstance(quota := plain.get("quota"), dict):
        merged["quota"] = msgspec.to_builtins(base.quota) | quota
    return msgspec.convert(merged, OrganizationSettings)
