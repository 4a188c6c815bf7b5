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

  it('so is the one into which API Gateway writes errors, by the name that it takes, made before the stage', () => {
    const [[api, { Name }] = ['', {}]] = ofType(template, 'AWS::ApiGateway::RestApi')
    expect(Name).toBe('event-driven-api')
    const [[stage, { StageName }] = ['', {}]] = ofType(template, 'AWS::ApiGateway::Stage')
    const name = { 'Fn::Join': ['', ['API-Gateway-Execution-Logs_', { Ref: api }, `/${StageName}`]] }
    const [[id] = ['']] = [...groups].filter(([, { LogGroupName }]) => JSON.stringify(LogGroupName) === JSON.stringify(name))
    expect(groups.get(id)?.RetentionInDays).toBe(30)
    expect(template.Resources[stage]?.DependsOn).toContain(id)
  })

  it('and no group is kept for ever', () => {
    expect(groups.size).toBeGreaterThan(handlerNames.length)
    for (const [id, { RetentionInDays }] of groups) expect(RetentionInDays, id).toBeGreaterThan(0)
  })
})
