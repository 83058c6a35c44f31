// Runs before anything is drawn, so that the page never flashes in the other appearance.
try {
  const chosen = localStorage.getItem('appearance');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.appearance = chosen;
} catch {
  // Storage may be forbidden; the system's appearance is used then.
}
