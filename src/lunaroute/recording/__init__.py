"""Turns raw exchanges into JSONL events and rows of the store, each exactly once."""

from lunaroute.recording._raw import recorded_request as recorded_request
from lunaroute.recording._recorder import RecordedBatch as RecordedBatch
from lunaroute.recording._recorder import Recorder as Recorder
