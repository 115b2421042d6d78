"""All: every backbone together, one fit."""

from fuseboard.harness.search.strategies.strategy import Ask, Plan, Setting


def plan(setting: Setting) -> Plan:
    """Asks for the one subset that nobody has to choose."""
    yield Ask([tuple(setting.backbones)])
