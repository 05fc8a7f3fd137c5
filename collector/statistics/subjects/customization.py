"""Owns the statistics of branding and custom scripts."""

from collector.key_paths import Document
from collector.statistics.reading import Setting, Subject, Unit, changed

customization = Subject("customization", "Branding and custom scripts.")


def _has_url(row: Document) -> bool:
    value = row.get("value")
    return isinstance(value, dict) and "url" in value


customization.settings(
    Setting("logoChange", "Whether a custom logo is set.", Unit.FLAG, "Assets_logo", _has_url, missing=False),
    Setting("homeTitleChanged", "Whether the home page's title was changed.", Unit.FLAG, "Layout_Home_Title", changed),
    Setting("homeBodyChanged", "Whether the home page's text was changed.", Unit.FLAG, "Layout_Home_Body", changed),
    Setting("customCSSChanged", "Whether custom CSS is set.", Unit.FLAG, "theme-custom-css", changed),
    Setting(
        "onLogoutCustomScriptChanged",
        "Whether a custom script for logout is set.",
        Unit.FLAG,
        "Custom_Script_On_Logout",
        changed,
    ),
    Setting(
        "loggedOutCustomScriptChanged",
        "Whether a custom script for logged-out users is set.",
        Unit.FLAG,
        "Custom_Script_Logged_Out",
        changed,
    ),
    Setting(
        "loggedInCustomScriptChanged",
        "Whether a custom script for logged-in users is set.",
        Unit.FLAG,
        "Custom_Script_Logged_In",
        changed,
    ),
    Setting("showHomeButton", "Whether the home button is shown.", Unit.FLAG, "Layout_Show_Home_Button"),
)
