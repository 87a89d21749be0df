"""The operators' pages in a real browser, over a town that has lived for a month.

`WRITE_SCREENS=1 pytest tests/feed/test_dashboard_browser.py` keeps what it saw under docs/pictures.
"""

from __future__ import annotations

from ranking.models import Experiment, Exposure
from ranking.services import experiments
from tests.browsing import BROWSING, keep, sign_in
from tests.feed.town import Town
from tests.people import moderator

pytestmark = BROWSING


def test_the_dashboard_draws_what_the_town_did(page, live_server):
    Town()
    sign_in(page, live_server.url, "dashboard", moderator("operator"))
    assert page.text("#dashboard h1") == "Do people make things?"
    charts = "[...document.querySelectorAll('.panel svg')]"
    drawn = page.run(f"{charts}.map((chart) => chart.getBoundingClientRect().width)")
    assert (len(drawn), min(drawn) > 100) == (20, True)
    assert page.run("document.querySelectorAll('#nudges svg.whisker').length") == 5
    assert "Remix your friend" in page.text("#nudges")
    assert page.text("#created .figure").split()[0].isdigit()
    wide = "document.querySelector('.dashboard').scrollWidth <= innerWidth"
    assert page.run(wide)
    keep(page, "dashboard/heroes", colours=256)
    keep(page, "dashboard/nudges", "#nudges", colours=256)
    keep(page, "dashboard/panels", ".panels", colours=256)


def test_an_experiment_is_started_and_stopped(page, live_server):
    sign_in(page, live_server.url, "experiments", moderator("operator"))
    page.leave("document.querySelector('#nudge-policy button').click()")
    assert "running" in page.text("#nudge-policy .state")
    _lived("nudge-policy")
    page.open(f"{live_server.url}/admin/experiments/")
    assert "60 people" in page.text("#nudge-policy")
    keep(page, "dashboard/experiments", colours=256)
    page.leave("document.querySelector('#nudge-policy button').click()")
    assert Experiment.objects.get(pk="nudge-policy").state == "stopped"
    assert "by an operator" in page.text("#nudge-policy")


def _lived(name: str) -> None:
    """People who met it, and the figures of a look."""
    Exposure.objects.bulk_create(
        Exposure(experiment_id=name, person=n, unit=n, arm="coin" if n % 2 else "learned")
        for n in range(120)
    )
    figures = {"first": 0.41, "second": 0.33, "difference": -0.08, "low": -0.15, "high": -0.01,
               "p": 0.021}  # fmt: skip
    Experiment.objects.filter(pk=name).update(result={"created": figures})
    assert experiments.known()[0][1].result["created"] == figures
