"""The programs of the demo and their commands. The order is that of pids.json."""

from __future__ import annotations

from gateway.demo.broker import Kind, broker_command
from gateway.demo.children import Program, python_module
from gateway.demo.configuration import STORE, Addresses
from gateway.demo.folder import DemoFolder
from gateway.demo.passwords import Passwords


def programs(folder: DemoFolder, addresses: Addresses, passwords: Passwords, broker: Kind) -> dict[str, Program]:
    """Writes the broker's files. Keys are those of the contract's `pids`."""
    ports, secrets = addresses.ports, folder.secrets
    cloud = (
        *("--data", str(folder.cloud_data), "--port", str(ports.cloud)),
        *("--token-file", str(secrets / "cloud-box"), "--read-token-file", str(secrets / "api-token")),
    )
    modules: dict[str, tuple[str, tuple[str, ...]]] = {
        "gateway": ("gateway", ("gateway", "run", "--config", str(folder.gateway_config))),
        "firmware_bridge": ("bridge", ("firmware_bridge", "run", "--config", str(folder.bridge_config))),
        "cloud": ("cloud", ("gateway.cloud.program", *cloud)),
        "devices": ("devices", ("firmware_bridge.virtual", "run", "--data", str(folder.root))),
    }
    found = {name: Program(name, label, python_module(*command)) for name, (label, command) in modules.items()}
    command = broker_command(broker, folder, STORE, addresses.listen, ports.mqtt, passwords)
    found["broker"] = Program("broker", broker, tuple(command))
    return found
