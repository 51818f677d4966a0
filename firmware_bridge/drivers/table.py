"""Every kind of device that this bridge can drive, by the name that the settings use: one line each."""

from __future__ import annotations

from firmware_bridge.drivers.driver import Driver
from firmware_bridge.drivers.label_printer import LabelPrinterDriver
from firmware_bridge.drivers.mcu_device import McuDevice
from firmware_bridge.drivers.pole_display import PoleDisplay
from firmware_bridge.drivers.ready_board import ReadyBoard
from firmware_bridge.drivers.scale import Scale
from firmware_bridge.drivers.scanner import Scanner
from firmware_bridge.drivers.slip_printer import SlipPrinterDriver

DRIVERS: dict[str, type[Driver]] = {
    "escpos_printer": SlipPrinterDriver,
    "mcu_device": McuDevice,
    "pole_display": PoleDisplay,
    "ready_board": ReadyBoard,
    "scale": Scale,
    "scanner": Scanner,
    "tspl_printer": LabelPrinterDriver,
}
