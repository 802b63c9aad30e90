"""What can be set per organization, checked by type: unknown names and wrong types are refused."""

from typing import Annotated, Literal

import msgspec

Positive = Annotated[int, msgspec.Meta(ge=1)]


class Quota(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The default is the lower of the two limits that Virtuous publishes; it does not say what its window is.

    `rolling`: each request counts for a window of its own, and the reset is when the oldest one no longer does.
    Otherwise all of them are forgotten at once.
    """

    requests: Annotated[int, msgspec.Meta(ge=0)] = 1500
    window_seconds: Positive = 3600
    headers: bool = True
    header_prefix: Literal["X-RateLimit", "X-Rate-Limit"] = "X-RateLimit"
    reset_in_milliseconds: bool = False
    rolling: bool = False


class Permission(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    module: str
    action: str
    allowed: bool


ALL_PERMISSIONS = tuple(
    Permission(module=module, action=action, allowed=True)
    for module in ("Contact", "Gift", "ContactNote", "Volunteer", "Tag")
    for action in ("Read", "Create", "Update", "Delete")
)
# The spaced names of a client tested against a live organization, then the short ones of the guide and a sample.
GIFT_TYPES = (
    "Cash",
    "Check",
    "Credit",
    "Cryptocoin",
    "Electronic Funds Transfer",
    "Non-Cash",
    "Other",
    "Paypal",
    "Qualified Charitable Distribution",
    "Reversing Transaction",
    "Stock",
    "EFT",
    "NonCash",
)
READ_ONLY = tuple(msgspec.structs.replace(one, allowed=one.action == "Read") for one in ALL_PERMISSIONS)


class OrganizationSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of one Virtuous organization. Most choose between what two documents say of the same thing.

    `auto_import`: transactions become records at once, when the import is run, or never (nobody presses the button).
    `batch_max`, `gift_batch_max`: rows; Virtuous publishes no maximum. `batch_times_out_above`: rows of a contact batch
    that are too many for the gateway to wait for. `validation_status` and `error_body` choose
    among the documented ways to refuse a row. `genders`: the words it knows; none means any. `create_import`: whether
    `createImport` of a gift batch runs the import. `unmatched_gifts`: whether the import makes a contact for a donor
    nobody knows, or the gift goes on being held. `project_codes`: those that designations may name; none means any.
    `held_lookup`: what the look-up of a held gift answers. `query_operators`: `After` as recorded, or `Is After` as the
    guide writes it. `query_dates`: whether queries take dates, or only words such as `30 Days Ago` (the one thing
    proven). `merged_contact`: whether the id of a merged contact still answers. `bulk_notes`, `bulk_tags`: whether the
    calls that only the guides name exist.
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
    batch_times_out_above: Positive | None = None
    batch_ignores_birth_and_gender: bool = False
    genders: tuple[str, ...] = ()
    validation_status: Literal[400, 422] = 400
    error_body: Literal["target", "message", "oauth", "text", "empty"] = "target"
    quota: Quota = Quota()
    gift_batch_max: Positive = 500
    gift_types: tuple[str, ...] = GIFT_TYPES
    frequency_required: bool = False
    project_codes: tuple[str, ...] = ()
    create_import: Literal["ignored", "at_once"] = "ignored"
    unmatched_gifts: Literal["create_contact", "held"] = "create_contact"
    repeated_gift: Literal["accepted", "refused"] = "accepted"
    held_lookup: Literal["missing", "pending"] = "missing"
    repeated_reversal: Literal["accepted", "refused"] = "accepted"
    reversal_answer: Literal["gift", "empty"] = "gift"
    delete_status: Literal[200, 204] = 200
    bulk_notes: bool = False
    bulk_tags: bool = False
    shows_is_archived: bool = True
    contact_query_modified: bool = True
    query_operators: Literal["recorded", "guide"] = "recorded"
    query_dates: Literal["any", "relative"] = "any"
    reference_shape: Literal["source_id", "named", "absent"] = "source_id"
    merged_contact: Literal["shown", "missing"] = "shown"
    volunteers_enabled: bool = True
    repeated_volunteer: Literal["second", "refused"] = "second"

    def allows(self, module: str, action: str) -> bool:
        return any(one.allowed for one in self.permissions if (one.module, one.action) == (module, action))


def organization_settings(base: OrganizationSettings, changes: dict[str, object]) -> OrganizationSettings:
    """`base` with `changes` over it; a `quota` may name only what changes. Raises msgspec.ValidationError."""
    plain = msgspec.to_builtins(changes)
    merged = msgspec.to_builtins(base) | plain
    if isinstance(quota := plain.get("quota"), dict):
        merged["quota"] = msgspec.to_builtins(base.quota) | quota
    return msgspec.convert(merged, OrganizationSettings)
