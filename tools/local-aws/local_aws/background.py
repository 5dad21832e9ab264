"""Work that goes on after the answer, in the account and region of the request that asked for it."""

import contextvars
import logging
import threading

logger = logging.getLogger("local-aws")


def run_in_background(name: str, work, *args) -> threading.Thread:
    context = contextvars.copy_context()

    def run():
        try:
            context.run(work, *args)
        except Exception:
            logger.exception("%s failed", name)

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread
