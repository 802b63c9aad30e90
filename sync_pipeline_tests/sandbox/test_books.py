"""The books: what an outsider can hold against the pipeline."""

from sync_pipeline_tests.sandbox.support import BATCH, TRANSACTION, VIRTUOUS, VOMO, SandboxClient, contact, transaction


def test_requests_are_booked_by_endpoint_and_answers_by_status(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS)
    sandbox.batch(contact("1"), contact("2"))
    sandbox.batch(contact("3", lastName=None))
    sandbox.post(TRANSACTION, transaction("3"))
    sandbox.get("/api/Contact/VOMO/1", VIRTUOUS)

    books = sandbox.books()

    assert books["requests"] == {
        f"POST {BATCH}": 2,
        f"POST {TRANSACTION}": 1,
        "GET /api/Contact/{referenceSource}/{referenceId}": 1,
    }
    assert books["answers"] == {"200": 2, "400": 1, "404": 1}
    assert (books["rows_received"], books["rows_accepted"], books["held"]) == (4, 3, 3)
    assert books["effects"] == {"VOMO/1": 1, "VOMO/2": 1, "VOMO/3": 1}


def test_effects_count_distinct_payloads_per_reference(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS)
    for last_name in ("Byron", "Byron", "King"):
        sandbox.batch(contact(lastName=last_name))

    books = sandbox.books()
    assert (books["effects"], books["repeats"], books["out_of_order"]) == ({"VOMO/1": 2}, 1, 0)


def test_an_older_payload_accepted_again_is_out_of_order(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS)
    for last_name in ("Byron", "King", "Byron", "Byron"):
        sandbox.batch(contact(lastName=last_name))

    books = sandbox.books()
    assert (books["effects"], books["repeats"], books["out_of_order"]) == ({"VOMO/1": 2}, 1, 1)


def test_organizations_keep_separate_books(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS)
    sandbox.world.add_organization("other")
    sandbox.world.add_vomo_organization(VOMO, users=1)
    sandbox.batch(contact())
    sandbox.get("/vomo/v1/users/1", VOMO)

    assert sandbox.books("other")["requests"] == {}
    assert sandbox.books(VOMO)["requests"] == {"GET /vomo/v1/users/{id}": 1}
    assert sandbox.control("GET", "books")["organizations"].keys() == {VIRTUOUS, "other", VOMO}


def test_the_control_endpoints_say_what_they_cannot_do(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS)

    assert sandbox.request("GET", "/sandbox/books?token=nobody").status_code == 404
    assert sandbox.request("POST", "/sandbox/import").status_code == 400
    for settings in ({"auto_imprt": "never"}, {"batch_max": 0}, {"quota": {"requests": "many"}}):
        assert sandbox.request("PATCH", f"/sandbox/organizations?token={VIRTUOUS}", json=settings).status_code == 400
    assert sandbox.books() == sandbox.world.books(VIRTUOUS)


def test_the_trace_of_every_request_is_booked(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS)
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    for header in (f"00-{trace}-00f067aa0ba902b7-01", f"00-{'0' * 32}-00f067aa0ba902b7-01", "what is this", None):
        sandbox.request("GET", "/api/Organization/Current", token=VIRTUOUS, traceparent=header)
    assert sandbox.books()["traces"] == {trace: 1, "none": 3}
