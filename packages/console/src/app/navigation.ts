import { Activity, BookOpen, Bot, Building2, ChartLine, Compass, House, Inbox, type LucideIcon } from 'lucide-react'

export interface Destination {
  readonly name: string
  readonly path: string
  readonly icon: LucideIcon
  /** Without one of these there is nothing to see. Empty: for everyone. */
  readonly permissions: readonly string[]
}

/** The screens, in the order in which they stand in the navigation. */
export const destinations: readonly Destination[] = [
  { name: 'Home', path: '/', icon: House, permissions: [] },
  { name: 'Requests', path: '/requests', icon: Inbox, permissions: ['requests:read'] },
  { name: 'Knowledge', path: '/knowledge', icon: BookOpen, permissions: ['documents:read', 'rag:read'] },
  { name: 'Agents', path: '/agents', icon: Bot, permissions: ['workflows:read', 'workflows:write', 'agents:read'] },
  { name: 'Streams', path: '/streams', icon: Activity, permissions: ['streams:read', 'alerts:read'] },
  { name: 'Tenants', path: '/tenants', icon: Building2, permissions: ['tenants:admin'] },
  { name: 'Advisor', path: '/advisor', icon: Compass, permissions: ['advisor:read'] },
  { name: 'Metrics', path: '/metrics', icon: ChartLine, permissions: ['metrics:read'] },
]
