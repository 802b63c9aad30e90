"""Explaining: the life of one record, and what a contact of Virtuous came from. Reads what is stored, asks nobody."""

from sync_pipeline.stages.explaining.contact import ExplainedContact, explain_contact
from sync_pipeline.stages.explaining.record import Stored, explain_record

__all__ = ["ExplainedContact", "Stored", "explain_contact", "explain_record"]
