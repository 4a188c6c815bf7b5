import { createHashRouter, type RouteObject } from 'react-router'
import { Crashed, NotFound } from './crashed.tsx'
import { Shell } from './shell.tsx'

/** A screen is loaded when it is first opened. */
const lazily =
  (load: () => Promise<{ readonly default: NonNullable<RouteObject['Component']> }>): NonNullable<RouteObject['lazy']> =>
  async () => ({ Component: (await load()).default })

/** Addresses of screens stand behind the `#`: the page itself has one address, below whatever path the server lies. */
export const router = createHashRouter([
  {
    Component: Shell,
    ErrorBoundary: Crashed,
    HydrateFallback: () => null,
    children: [
      {
        ErrorBoundary: Crashed,
        children: [
          { index: true, lazy: lazily(() => import('../screens/home/home-screen.tsx')) },
          { path: 'requests/*', lazy: lazily(() => import('../screens/requests/requests-screen.tsx')) },
          { path: 'knowledge/*', lazy: lazily(() => import('../screens/knowledge/knowledge-screen.tsx')) },
          { path: 'agents/*', lazy: lazily(() => import('../screens/agents/agents-screen.tsx')) },
          { path: 'streams/*', lazy: lazily(() => import('../screens/streams/streams-screen.tsx')) },
          { path: 'tenants/*', lazy: lazily(() => import('../screens/tenants/tenants-screen.tsx')) },
          { path: 'advisor/*', lazy: lazily(() => import('../screens/advisor/advisor-screen.tsx')) },
          { path: 'metrics/*', lazy: lazily(() => import('../screens/metrics/metrics-screen.tsx')) },
          { path: '*', Component: NotFound },
        ],
      },
    ],
  },
])
