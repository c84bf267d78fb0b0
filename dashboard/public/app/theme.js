// Runs before the first paint, so that a remembered theme never flashes the other one. theme.ts does the rest.
try {
  const theme = localStorage.getItem('fairlead-theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {}
