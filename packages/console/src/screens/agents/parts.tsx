import type { ReactNode } from 'react'
import { NavLink } from 'react-router'
import { useMay } from '../../api/session.ts'
import css from './agents.module.css'

/** The two halves of the screen. */
export function Parts(): ReactNode {
  const mayRead = useMay('workflows:read')
  const mayAgents = useMay('agents:read')
  const parts = [
    ...(mayRead ? [{ name: 'Workflows', to: '/agents' }] : []),
    ...(mayAgents ? [{ name: 'Registry', to: '/agents/registry' }] : []),
  ]
  // Workflows are where everybody is who may see them.
  if (parts.length === 0 || !mayAgents) return null
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
