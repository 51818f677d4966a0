"""The whole road as processes: a command on MQTT becomes proven paper, once."""

from __future__ import annotations

from bridge_rig import Gateway, Printers, until


def test_a_slip_is_printed_and_proven_by_the_answered_fence(kitchen_up: Gateway, printers: Printers) -> None:
    kitchen_up.print("k1")
    result = kitchen_up.result("k1", "PRINTED", attempt=1)
    assert result["evidence"]["fence"] == "gs_r"
    assert result["evidence"]["answer"] == "00"
    assert [each["state"] for each in kitchen_up.results("k1")] == ["SENDING", "PRINTED"]
    paper = until(printers.papers)[0]
    for text in ("A031", "12 桌", "2× 宫保鸡丁", "备注：少油", "过敏：花生"):
        assert text in paper
    assert "REPRINT" not in paper
