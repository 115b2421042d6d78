"""What is measured: backbones, datasets, extraction, search and evaluation. Needs the extra `harness` to run."""

import os

# Before torch and its OpenMP are loaded, which read it then: threads with nothing to do sleep, where GNU's would spin
# until there is something. Beside other work on the same cores spinning made an extraction five times slower and took
# four times the processor time (docs/how-to/configuration.md). Whoever sets the variable keeps their choice.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
