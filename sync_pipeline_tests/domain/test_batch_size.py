"""How many rows travel together after answers and silence."""

from sync_pipeline.domain.batch_size import BatchSize


def test_a_refusal_for_the_number_of_rows_halves_it() -> None:
    size = BatchSize(100)
    size.too_large(100)
    assert size.limit == 50
    size.too_large(50)
    assert size.limit == 25
    size.too_large(1)
    assert size.limit == 1


def test_fewer_rows_are_tried_where_many_get_no_answer_and_kept_when_they_are_taken() -> None:
    size = BatchSize(100)
    size.silent(100)
    assert (size.limit, size.is_proven) == (50, False)
    size.silent(50)
    size.answered(25)
    assert (size.limit, size.is_proven) == (25, True)
    size.answered(7)
    assert size.limit == 25


def test_a_row_that_gets_no_answer_in_any_company_is_no_question_of_size() -> None:
    size = BatchSize(100)
    size.silent(100)
    size.answered(50)
    size.silent(50)
    assert (size.limit, size.is_proven) == (100, False)
    size.silent(25)
    size.silent(1)
    assert size.limit == 100


def test_what_was_answered_before_the_silence_is_no_evidence_against_it() -> None:
    size = BatchSize(100)
    size.answered(100)
    size.silent(100)
    assert size.limit == 50


def test_an_outage_says_nothing_about_the_size() -> None:
    size = BatchSize(100)
    size.silent(100)
    size.silent(50)
    size.forget_an_outage()
    assert size.limit == 100
