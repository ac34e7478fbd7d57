"""Programs run on other machines: emulated processors, boards, phones."""

from mtc.devices.device import Device, DeviceRun
from mtc.devices.opening import open_device
from mtc.devices.report import Timings

__all__ = ["Device", "DeviceRun", "Timings", "open_device"]
