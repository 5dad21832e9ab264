"""Starts the local AWS: ministack with SageMaker and Application Auto Scaling. Ends when its stdin closes."""

import asyncio
import logging
import os
import shutil
import signal
import sys
import threading

from hypercorn.asyncio import serve
from hypercorn.config import Config

from .settings import settings


def main() -> None:
    import ministack.app

    from . import alarm_periods, log_patterns
    from .autoscaling import scaling_loop
    from .background import run_in_background
    from .into_ministack import register

    register()
    log_patterns.install()
    alarm_periods.install()
    run_in_background("scaling", scaling_loop.run)
    asyncio.run(_serve(ministack.app.app))
    _end_group()


async def _serve(app) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    threading.Thread(target=_wait_for_starter, args=(loop, stop), daemon=True).start()
    config = Config()
    config.bind = [f"127.0.0.1:{settings.port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.accesslog = None
    await serve(app, config, shutdown_trigger=stop.wait)


def _wait_for_starter(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Whoever started this holds its stdin; when that closes, even by a crash, everything here must end."""
    sys.stdin.buffer.read()
    loop.call_soon_threadsafe(stop.set)


def _end_group() -> None:
    """Leaves no file, and no process: containers and Lambda workers are in this process's group."""
    logging.shutdown()
    shutil.rmtree(settings.work_directory, ignore_errors=True)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)


main()
