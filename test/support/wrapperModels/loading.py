"""Says on stderr that it loads, and never finishes."""

import logging
import sys
import time

from skysail_wrapper import run_wrapper, wrapper_parser


def load(options):
    logging.info("loading for ever")
    while True:
        time.sleep(3600)


run_wrapper(wrapper_parser("loading", __doc__, "loading"), load, sys.argv[1:])
