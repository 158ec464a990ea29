"""The project package: wiring first, platform rooms after."""
