"""What must not stand in any SQL of the project."""

from pathlib import Path

SQL = Path(__file__).resolve().parents[2] / "sql"
# What has been released stays as it is; 0003 made its views anew.
RELEASED = {"0001_initial.sql", "0002_groups_and_bot.sql"}


def test_times_do_not_go_by_the_time_zone_of_the_session():
    """NOW() is a local time: in the hour that summer time repeats UNIX_TIMESTAMP can't tell which one is meant."""
    files = [path for path in SQL.rglob("*.sql") if path.name not in RELEASED]
    assert len(files) > 10
    assert [path.name for path in files if "UNIX_TIMESTAMP(NOW" in path.read_text()] == []
