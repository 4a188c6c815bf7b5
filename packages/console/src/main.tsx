import '@fontsource-variable/inter/wght.css'
import './kit/theme.css'
import { CSPProvider } from '@base-ui/react/csp-provider'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { RouterProvider } from 'react-router/dom'
import { Problem } from './api/client.ts'
import { router } from './app/router.tsx'
import { applyTheme } from './app/theme.ts'
import { Toasts } from './kit/toasts.tsx'

/** Tries again what may go better: no answer, or one that says to come again. What was refused stays refused. */
function mayRetry(failures: number, error: Error): boolean {
  const isPassing = error instanceof Problem && (error.status === 0 || error.status === 503)
  return isPassing && failures < 2
}

/** Milliseconds between the times that a server which can't be reached is asked again, where a screen has no interval of its own. */
const unreachablePause = 5_000

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: mayRetry,
      staleTime: 2_000,
      refetchOnWindowFocus: true,
      refetchInterval: ({ state: { error } }) => (error instanceof Problem && error.status === 0 ? unreachablePause : false),
    },
  },
})

applyTheme()
const root = document.getElementById('root')
if (root)
  createRoot(root).render(
    <StrictMode>
      <CSPProvider disableStyleElements>
        <QueryClientProvider client={queries}>
          <RouterProvider router={router} />
          <Toasts />
        </QueryClientProvider>
      </CSPProvider>
    </StrictMode>,
  )
