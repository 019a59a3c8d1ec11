// Runs before the first paint, so that a chosen theme never flashes as the other one.
try {
  const theme = localStorage.getItem('myna-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage refused: the system's theme it is.
}
