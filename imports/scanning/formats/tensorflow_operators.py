"""Operators of TensorFlow that do more than compute: files, the network, Python."""

from typing import Final

# Each reads or writes files that the graph names, talks to other hosts, or runs Python.
DANGEROUS: Final = frozenset(
    {
        "PyFunc", "PyFuncStateless", "EagerPyFunc", "_PyFunc", "GeneratorDataset",
        "ReadFile", "WriteFile", "MatchingFiles", "MatchingFilesDataset", "ImmutableConst",
        "WholeFileReader", "WholeFileReaderV2", "TextLineReader", "TextLineReaderV2",
        "FixedLengthRecordReader", "FixedLengthRecordReaderV2", "TFRecordReader",
        "TFRecordReaderV2", "IdentityReader", "IdentityReaderV2", "LMDBReader",
        "TextLineDataset", "FixedLengthRecordDataset", "FixedLengthRecordDatasetV2",
        "TFRecordDataset", "TFRecordDatasetV2", "SqlDataset", "ExperimentalSqlDataset",
        "LMDBDataset", "ExperimentalLMDBDataset", "CSVDataset", "CSVDatasetV2",
        "ExperimentalCSVDataset", "DatasetToTFRecord", "ExperimentalDatasetToTFRecord",
        "SaveDataset", "SaveDatasetV2", "LoadDataset", "SnapshotDataset", "SnapshotDatasetV2",
        "CacheDataset", "CacheDatasetV2", "DistributedSave", "DataServiceDataset",
        "DataServiceDatasetV2", "DataServiceDatasetV3", "DataServiceDatasetV4",
        "RegisterDataset", "RegisterDatasetV2", "RpcClient", "RpcCall", "RpcServer",
        "RpcServerRegister", "RpcServerStart", "Rpc", "TryRpc", "DebugIdentity",
        "DebugIdentityV2", "DebugIdentityV3", "DebugNanCount", "DebugNumericSummary",
        "CreateSummaryFileWriter", "CreateSummaryDbWriter", "WriteGraphSummary",
        "SummaryWriter", "TensorSummaryWriter", "BigQueryReader",
        "GenerateBigQueryReaderPartitions", "DumpTensor",
        "FileSystemSetConfiguration",
    }
)  # fmt: skip
# Saving and restoring name files as well; every SavedModel has them, and they are called with
# the folder that the user gives.
_FILE_URLS: Final = ("file://", "gs://", "s3://", "hdfs://", "http://", "https://", "grpc://")


def is_dangerous(operator: str) -> bool:
    """Say whether an operator does more than compute."""
    return operator in DANGEROUS


def is_url(text: str) -> bool:
    """Say whether a text sends an operator's output to a file or another host."""
    return text.startswith(_FILE_URLS)
