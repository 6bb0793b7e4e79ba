"""Which registered model a version goes to, and which team's a new one is."""

from typing import Any

from aegis.problems import Conflict, Invalid, NotFound
from aegis.sdk.http import Connection, quoted


def find_model(connection: Connection, name: str, *, team: str | None) -> dict[str, Any] | None:
    """Return the model of that name, or None; raise ``Conflict`` for one of another team."""
    try:
        model: dict[str, Any] = connection.get(f"models/{quoted(name)}/")
    except NotFound:
        return None
    if team is not None and team != model["team"]:
        raise Conflict(
            "model_of_another_team",
            f"{model['name']} belongs to the team {model['team']}, not to {team}.",
            mend="Leave the team out, or register the version under another name.",
        )
    return model


def only_team(connection: Connection) -> str:
    """Return the team of whoever asks; raise ``Invalid`` where that is none, or one of several."""
    teams: list[str] = connection.get("me/")["teams"]
    if len(teams) != 1:
        known = f"You are in {', '.join(teams)}." if teams else "You are in no team."
        raise Invalid(
            "team_needed",
            f"A new model needs the team that it belongs to. {known}",
            field="team",
            mend="Name it with team=…, or --team on the command line.",
        )
    return teams[0]
