"""What leaves first when the quota does not last for everything."""

from sync_pipeline_tests.end_to_end.deployment import VIRTUOUS, VOMO, Deployment, write_yaml

DELETED = "VOMO: removed"


def test_opt_outs_departures_and_new_people_leave_before_other_updates(deployment: Deployment) -> None:
    recipe = {
        "recipe": "consent",
        "writes": "contact",
        "reference": "id",
        "urgent": "phone = 'none'",
        "fields": {"firstName": "first_name", "lastName": "last_name", "phone": "phone"},
    }
    write_yaml(deployment.folder / "consent.yaml", recipe)
    deployment.configure(
        streams={"users": {"recipe": str(deployment.folder / "consent.yaml"), "read": {"strategy": "full_snapshot"}}},
        destination={"batch": {"max": 2}},
    )
    deployment.night()
    gone = deployment.world.change_vomo(VOMO, share=0, remove=1, add=1)["removed"][0]
    others = [user["id"] for user in deployment.world.vomo_users(VOMO) if user["id"] <= 40]
    for user_id in others[:-1]:
        deployment.world.edit_vomo_user(VOMO, user_id, phone=f"(555) 555-{user_id:04}")
    deployment.world.edit_vomo_user(VOMO, others[-1], phone="none")
    deployment.world.change_organization(VIRTUOUS, quota={"requests": 8})

    night = deployment.slice_of_night()

    assert (night.code, night.report.status) == (3, "parked")
    deployment.world.run_import(VIRTUOUS)
    contacts = deployment.world.contacts(VIRTUOUS)
    assert contacts[f"VOMO/{others[-1]}"]["phone"] == "none"
    assert DELETED in contacts[f"VOMO/{gone}"]["tags"]
    assert len(contacts) == 41
    updated = [name for name, contact in contacts.items() if contact["phone"].startswith("(555) 555-00")]
    assert 0 < len(updated) < len(others) - 1
