import type { PatternName } from '@plinth/core'
import { expect, it } from 'vitest'
import { type StandingParts, standingBase, standingParts, standingTenants } from '../../core/src/advisor/cost/fixed-lines.ts'
import { idleCost, type PlinthStackProps } from '../src/index.ts'
import { plinthStack, templateOf } from './support/synthesised.ts'

const none = { rag: false, multiAgent: false, analytics: false, multiTenant: false } as const

const alone: Readonly<Partial<Record<PatternName, PlinthStackProps>>> = {
  'event-driven': none,
  rag: { ...none, rag: {} },
  'multi-agent': { ...none, multiAgent: {} },
  analytics: { ...none, analytics: {} },
  'multi-tenant': { ...none, multiTenant: {} },
}

function standingIn(props: PlinthStackProps): StandingParts {
  const { lines } = idleCost(templateOf(plinthStack(props)))
  const count = (what: string): number => lines.find((line) => line.what.includes(what))?.count ?? 0
  return { alarms: count('alarms'), queues: count('queues'), dashboards: count('dashboards') }
}

it.each(Object.entries(alone))('[R20] the advisor knows what stands there of %s, as the template has it', (pattern, props) => {
  const { alarms, queues, dashboards } = standingBase
  const own = standingParts[pattern as PatternName] ?? { alarms: 0, queues: 0, dashboards: 0 }
  expect(standingIn(props)).toEqual({
    alarms: alarms + own.alarms,
    queues: queues + own.queues,
    dashboards: dashboards + own.dashboards,
  })
})

it('[R20] and of tenants without a web ACL, which every stack has', () => {
  expect(standingIn({ ...none, multiTenant: { waf: false } })).toEqual({
    alarms: standingBase.alarms + standingTenants.alarms,
    queues: standingBase.queues + standingTenants.queues,
    dashboards: standingBase.dashboards + standingTenants.dashboards,
  })
})
