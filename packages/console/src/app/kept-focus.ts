/** Something has the focus, whatever goes from the page. @module */
import { useEffect, useRef } from 'react'

/**
 * Where what had the focus is gone, such as a button for what is done now, the open dialog has it, or else the screen's heading; once in a page.
 * A key would begin at the top of the page otherwise, and a screen reader would say nothing.
 */
export function useKeptFocus(): void {
  useEffect(() => {
    let last: Element | null = null
    let frame = 0
    // A click beside everything leaves it with nothing, and is meant to.
    const note = (): void => {
      last = document.activeElement
    }
    const look = (): void => {
      if (!isNowhere() || !last || last.isConnected) return
      cancelAnimationFrame(frame)
      // A dialog that closes gives it back first.
      frame = requestAnimationFrame(() => isNowhere() && focusShown())
    }
    const observer = new MutationObserver(look)
    observer.observe(document.body, { childList: true, subtree: true })
    document.addEventListener('focusin', note)
    document.addEventListener('click', note)
    return () => {
      cancelAnimationFrame(frame)
      observer.disconnect()
      document.removeEventListener('focusin', note)
      document.removeEventListener('click', note)
    }
  }, [])
}

/** The heading of another screen has it, unless somebody is asked to type there. */
export function useFocusOfScreen(pathname: string): void {
  const shown = useRef(pathname)
  useEffect(() => {
    if (shown.current === pathname) return
    shown.current = pathname
    if (document.activeElement?.matches('input, select, textarea') !== true) focusShown()
  }, [pathname])
}

function isNowhere(): boolean {
  return document.activeElement === null || document.activeElement === document.body
}

function focusShown(): void {
  const dialogs = document.querySelectorAll<HTMLElement>(
    '[data-open]:is([role="dialog"], [role="alertdialog"]):not([data-toast])',
  )
  const headings = [...document.querySelectorAll('h1')].filter((heading) => heading.checkVisibility())
  const place = [...dialogs].at(-1) ?? headings[0] ?? document.getElementById('screen')
  if (!place) return
  if (!place.hasAttribute('tabindex')) place.tabIndex = -1
  place.focus({ preventScroll: true })
}
