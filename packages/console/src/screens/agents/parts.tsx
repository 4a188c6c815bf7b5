import type { ReactNode } from 'react'
import { NavLink } from 'react-router'
import { useMay } from '../../api/session.ts'
import css from './agents.module.css'

/** The two halves of the screen. */
export function Parts(): ReactNode {
  const mayRead = useMay('workflows:read')
  // Workflows are where everybody is who may see them.
  if (!useMay('agents:read')) return null
  const parts = [...(mayRead ? [{ name: 'Workflows', to: '/agents' }] : []), { name: 'Registry', to: '/agents/registry' }]
  return (
    <nav className={css.parts} aria-label="Parts of this screen">
      {parts.map(({ name, to }) => (
        <NavLink key={to} to={to} end className={({ isActive }) => (isActive ? css.partHere : undefined)}>
          {name}
        </NavLink>
      ))}
    </nav>
  )
}
