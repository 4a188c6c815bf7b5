import { useEffect } from 'react'

/** The browser asks before the page is loaded anew or closed, where something would be lost with it. @param isLost asked at that moment. */
export function useAskBeforeUnload(isLost: () => boolean): void {
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent): void => {
      if (isLost()) event.preventDefault()
    }
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [isLost])
}
