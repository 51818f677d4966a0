"""The subcommands of `gateway`, one module for those that belong together."""
