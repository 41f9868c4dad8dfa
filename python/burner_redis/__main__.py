"""``python -m burner_redis`` is ``burner-redis``."""

import sys

from burner_redis.cli import main

if __name__ == "__main__":
    sys.exit(main())
