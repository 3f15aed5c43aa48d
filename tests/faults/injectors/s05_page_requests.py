"""S5: 10,000 requests to the page by 200 connections; foreign hosts, methods, markup; the test program injects them."""

from injector import ProgramInjector


class PageRequests(ProgramInjector):
    name, what = "S5", "10,000 requests to the page by 200 connections; foreign hosts, methods, markup"
    nightly, ci, chunk = 10000, 10000, 10000
    program, tests = "test_launch_page", "PageAnswer.*:PageServerTest.*-*ABrowser*"


INJECTORS = [PageRequests()]
