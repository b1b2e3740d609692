"""`make check` refuses an RPC without a permission, or without a budget."""

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, MethodDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from shadower.common.v1 import permission_pb2 as options
from shadower.common.v1.limit_class_pb2 import LIMIT_CLASS_OTHER

from tests.support.stack import ROOT
from tools.options import complaints, methods_of_the_contract


def added(*, streams: bool = False, **given: int) -> list[str]:
    """What is said of an RPC with such options."""
    method = MethodDescriptorProto(name="Leak", input_type=".t.M", output_type=".t.M")
    method.server_streaming = streams
    for name, value in given.items():
        method.options.Extensions[getattr(options, name)] = value
    file = FileDescriptorProto(name="t.proto", package="t")
    file.message_type.add(name="M")
    file.service.add(name="S", method=[method])
    pool = DescriptorPool()
    pool.Add(file)
    return complaints([pool.FindMethodByName("t.S.Leak")])


WHOLE = {
    "required_permission": options.PERMISSION_METRICS_READ,
    "limit_class": LIMIT_CLASS_OTHER,
}


@pytest.mark.parametrize("missing", ["required_permission", "limit_class"])
def test_an_rpc_without_an_option_is_refused(missing: str) -> None:
    whole = dict(WHOLE)
    assert added(**whole) == []
    del whole[missing]
    assert added(**whole) == [f"t.S.Leak has no option shadower.common.v1.{missing}"]


def test_what_takes_minutes_says_so_and_does_not_stream() -> None:
    assert added(**WHOLE, longest_seconds=300) == []
    complaint = "t.S.Leak may not have shadower.common.v1.longest_seconds"
    for seconds in (-1, 30, 601):
        assert added(**WHOLE, longest_seconds=seconds) == [f"{complaint} {seconds}"]
    assert added(streams=True, **WHOLE, longest_seconds=300) == [f"{complaint} 300"]


def test_the_contract_is_looked_at_by_make_check() -> None:
    assert len(methods_of_the_contract()) > 30
    assert complaints(methods_of_the_contract()) == []
    assert "-m tools.options" in (ROOT / "Makefile").read_text()
