"""Whether the workspace's look and its scripts were changed."""

from collector.key_paths import Document
from collector.statistics.reading import Setting, Subject, Unit, changed

customization = Subject("customization", "Whether the workspace's look and its scripts were changed.")


def _has_url(row: Document) -> bool:
    value = row.get("value")
    return isinstance(value, dict) and "url" in value


customization.settings(
    Setting("logoChange", "Whether there is a logo of its own.", Unit.FLAG, "Assets_logo", _has_url, missing=False),
    Setting("homeTitleChanged", "Whether the home page's title was changed.", Unit.FLAG, "Layout_Home_Title", changed),
    Setting("homeBodyChanged", "Whether the home page's text was changed.", Unit.FLAG, "Layout_Home_Body", changed),
    Setting("customCSSChanged", "Whether there is custom CSS.", Unit.FLAG, "theme-custom-css", changed),
    Setting(
        "onLogoutCustomScriptChanged", "Whether a script runs at logout.", Unit.FLAG, "Custom_Script_On_Logout", changed
    ),
    Setting(
        "loggedOutCustomScriptChanged",
        "Whether a script runs for those who are logged out.",
        Unit.FLAG,
        "Custom_Script_Logged_Out",
        changed,
    ),
    Setting(
        "loggedInCustomScriptChanged",
        "Whether a script runs for those who are logged in.",
        Unit.FLAG,
        "Custom_Script_Logged_In",
        changed,
    ),
    Setting("showHomeButton", "Whether there is a home button.", Unit.FLAG, "Layout_Show_Home_Button"),
)
