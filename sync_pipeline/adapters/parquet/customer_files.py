"""Everything that the data folder holds of one customer, whatever it is."""

import os
from pathlib import Path

from sync_pipeline.adapters.parquet.durable import remove_folder, sync_to_disk
from sync_pipeline.adapters.parquet.layout import customer_folder


def files_and_bytes(root: Path, customer_id: str) -> tuple[int, int]:
    """How many files, unfinished ones included, and what removing them frees: a snapshot may be its delta's file."""
    sizes: dict[int, int] = {}
    files = 0
    for found, _, names in os.walk(customer_folder(root, customer_id)):
        for name in names:
            try:
                status = (Path(found) / name).stat()
            except FileNotFoundError:
                continue
            files += 1
            sizes[status.st_ino] = status.st_size
    return files, sum(sizes.values())


def remove_customer(root: Path, customer_id: str) -> None:
    """Remove the customer's folder; what is gone already is no error."""
    folder = customer_folder(root, customer_id)
    remove_folder(folder)
    if root.is_dir():
        sync_to_disk(root)
