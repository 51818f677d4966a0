"""Every kind of device that this bridge can drive, by the name that the settings use: one line each."""

from __future__ import annotations

from firmware_bridge.drivers.driver import Driver
from firmware_bridge.drivers.printing import PrinterDriver

DRIVERS: dict[str, type[Driver]] = {
    "escpos_printer": PrinterDriver,
}
