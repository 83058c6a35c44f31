// Runs before anything is drawn and before the client's own files are here.
try {
  // The page never flashes in the other appearance.
  const chosen = localStorage.getItem('appearance');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.appearance = chosen;
} catch {
  // Storage may be forbidden; the system's appearance is used then.
}
try {
  // What is surely needed is fetched now, and not only once other files have said so: each way there and back counts, far
  // from the server. The build writes here what its files are called; without a build there is nothing to hasten.
  const { dataset } = document.querySelector('meta[name=early]');
  const hasten = (href, rel, as) => {
    const link = document.createElement('link');
    Object.assign(link, { rel, as, crossOrigin: 'anonymous', href });
    document.head.append(link);
  };
  const wanted = [localStorage.getItem('language') ?? '', ...navigator.languages].map((tag) => tag.slice(0, 2));
  hasten(dataset[wanted.find((tag) => tag in dataset) ?? 'en'], 'modulepreload', 'script');
  if (location.pathname === '/' && document.cookie.includes('immich_is_authenticated=true')) {
    for (const file of dataset.timeline.split(' ')) hasten(file, file.endsWith('.css') ? 'preload' : 'modulepreload', file.endsWith('.css') ? 'style' : 'script');
    for (const address of dataset.facts.split(' ')) hasten(address, 'preload', 'fetch');
  }
} catch {
  // It only comes later.
}
