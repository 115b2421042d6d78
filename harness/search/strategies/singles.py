"""Singles: each backbone alone."""

from fuseboard.harness.search.strategies.strategy import Ask, Plan, Setting


def plan(setting: Setting) -> Plan:
    """Asks for K fits."""
    yield Ask([(backbone,) for backbone in setting.backbones])
