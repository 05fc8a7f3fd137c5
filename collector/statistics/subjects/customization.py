"""Owns the statistics of branding and custom scripts."""

from collector.key_paths import Document
from collector.statistics.reading import Unit
from collector.statistics.subject import Setting, Subject, changed

customization = Subject("customization", "Branding and custom scripts.")


def _has_url(row: Document) -> bool:
    value = row.get("value")
    return isinstance(value, dict) and "url" in value


_CHANGED = {
    "homeTitleChanged": ("Whether the home page's title was changed.", "Layout_Home_Title"),
    "homeBodyChanged": ("Whether the home page's text was changed.", "Layout_Home_Body"),
    "customCSSChanged": ("Whether custom CSS is set.", "theme-custom-css"),
    "onLogoutCustomScriptChanged": ("Whether a custom script for logout is set.", "Custom_Script_On_Logout"),
    "loggedOutCustomScriptChanged": (
        "Whether a custom script for logged-out users is set.",
        "Custom_Script_Logged_Out",
    ),
    "loggedInCustomScriptChanged": ("Whether a custom script for logged-in users is set.", "Custom_Script_Logged_In"),
}

customization.settings(
    Setting("logoChange", "Whether a custom logo is set.", Unit.FLAG, "Assets_logo", _has_url, missing=False),
    *Setting.each(Unit.FLAG, _CHANGED, how=changed, missing=False),
    Setting("showHomeButton", "Whether the home button is shown.", Unit.FLAG, "Layout_Show_Home_Button"),
)
