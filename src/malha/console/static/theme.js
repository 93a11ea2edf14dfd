// A classic script, so that the chosen theme is there before the first paint.
(function () {
  "use strict";
  const chosen = localStorage.getItem("malha.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
