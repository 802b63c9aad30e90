"""Small worlds with the tokens of the shipped fleet, and a Virtuous that does not do what it was told."""

from typing import Any

from sync_pipeline.demo.nights import TITLES
from sync_pipeline.demo.sources import giving_token, virtuous_token, vomo_token
from sync_pipeline.sandbox.world import World

LARGE, MIDDLE, SMALL = "riverside-food-bank", "harbor-shelter", "maple-street-library"
SERVING: dict[str, dict[str, int]] = {
    MIDDLE: {"projects": 2, "dates_per_project": 3, "participations_per_date": 4, "forms": 1, "completions": 3}
}
DONATIONS = {LARGE: 30}


def small_world(made: World | None = None, **users: int) -> World:
    """A world of the whole fleet, or of those whose users are told: `harbor_shelter=20`."""
    world = made or World()
    sizes = {name.replace("_", "-"): count for name, count in users.items()} or {LARGE: 150, MIDDLE: 20, SMALL: 6}
    for customer_id, count in sizes.items():
        world.add_organization(virtuous_token(customer_id), name=customer_id)
        serving: dict[str, Any] = SERVING.get(customer_id, {})
        world.add_vomo_organization(vomo_token(customer_id), users=count, seed=7, **serving)
        if customer_id in DONATIONS:
            world.add_giving_organization(giving_token(customer_id), donations=DONATIONS[customer_id], seed=7)
    return world


class MeddlingWorld(World):
    """Somebody changes the telephone of user 1 in Virtuous after the last import."""

    imports = 0

    def run_import(self, token: str) -> dict[str, int]:
        done = super().run_import(token)
        self.imports += 1
        if self.imports == len(TITLES):
            contact = self.virtuous[token].store.find("VOMO", "1")
            assert contact is not None
            contact.fields["phone"] = "(555) 555-0100"
        return done
