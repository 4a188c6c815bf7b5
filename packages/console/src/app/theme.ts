/** The colours of the page: as the system has them, until somebody chooses. @module */

export type Theme = 'light' | 'dark'

const place = 'plinth-theme'
const system = matchMedia('(prefers-color-scheme: dark)')

export function currentTheme(): Theme {
  const chosen = localStorage.getItem(place)
  if (chosen === 'light' || chosen === 'dark') return chosen
  return system.matches ? 'dark' : 'light'
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(place, theme)
  applyTheme()
}

/** Puts the theme on the page, where the style sheets and what draws on canvases find it. */
export function applyTheme(): void {
  document.documentElement.dataset.theme = currentTheme()
  dispatchEvent(new Event('themechange'))
}

system.addEventListener('change', applyTheme)
