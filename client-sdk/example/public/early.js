// Stands before the SDK's tag: what the page says before the SDK has come is kept for it. A refusal has to be heard first.
window.fairlead ??= (...call) => {
  window.fairlead.q = [...(window.fairlead.q ?? []), call]
}
try {
  if (localStorage.getItem('harbour_consent') === '"denied"') window.fairlead('consent', 'denied')
} catch {
  // Without storage no refusal can have been remembered.
}
