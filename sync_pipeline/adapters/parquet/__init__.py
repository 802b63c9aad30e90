"""Snapshots, change sets and the acknowledged index as Parquet files."""

from sync_pipeline.adapters.parquet.layout import DataFileMissing
from sync_pipeline.adapters.parquet.region import FolderRegion
from sync_pipeline.adapters.parquet.store import ParquetStore

__all__ = ["DataFileMissing", "FolderRegion", "ParquetStore"]
