import { describe, expect, it } from 'vitest'
import { handlerNames } from '../src/handlers.ts'
import { functionOf } from './support/functions.ts'
import { ofType, plinthStack, templateOf } from './support/synthesised.ts'

const template = templateOf(plinthStack())
const groups = new Map(ofType(template, 'AWS::Logs::LogGroup'))

describe('[X72] logs end', () => {
  it.each(handlerNames)('%s: writes into a group of its own, which is kept for a month', (name) => {
    const [id, { LoggingConfig }] = functionOf(template, name)
    const { Ref: group = '' } = (LoggingConfig as { LogGroup: { Ref?: string } }).LogGroup
    expect(groups.get(group)?.RetentionInDays).toBe(30)
    const others = ofType(template, 'AWS::Lambda::Function').filter(([other]) => other !== id)
    expect(JSON.stringify(others.map(([, { LoggingConfig }]) => LoggingConfig))).not.toContain(group)
  })

  it("the API's access log is such a group, too", () => {
    const [[, { AccessLogSetting }] = ['', {}]] = ofType(template, 'AWS::ApiGateway::Stage')
    const { DestinationArn } = AccessLogSetting as { DestinationArn: object }
    const told = [...groups].filter(([id]) => JSON.stringify(DestinationArn).includes(`"${id}"`))
    expect(told).toEqual([[expect.stringContaining('AccessLog'), expect.objectContaining({ RetentionInDays: 30 })]])
  })

  it('and no group is kept for ever', () => {
    expect(groups.size).toBeGreaterThan(handlerNames.length)
    for (const [id, { RetentionInDays }] of groups) expect(RetentionInDays, id).toBeGreaterThan(0)
  })
})
