// Owns the theme: the system's, or the user's choice. Runs before the first paint, so that nothing flashes.
(() => {
  const KEY = "rcstats.theme";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;

  const stored = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };

  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);

  const choose = (name) => {
    root.dataset.theme = name;
    try {
      localStorage.setItem(KEY, name);
    } catch {
      // the choice lasts until the page is closed
    }
  };

  const announce = () => {
    document.getElementById("theme").setAttribute("aria-pressed", String(isDark()));
    document.dispatchEvent(new Event("themechange"));
  };

  if (["light", "dark"].includes(stored())) root.dataset.theme = stored();
  dark.addEventListener("change", announce);
  document.addEventListener("DOMContentLoaded", () => {
    announce();
    document.getElementById("theme").addEventListener("click", () => {
      choose(isDark() ? "light" : "dark");
      announce();
    });
  });
})();
