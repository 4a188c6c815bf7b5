import { describe, expect, it } from 'vitest'
import { standingAlone } from '../../../src/multi-agent/steps/rules/follow-up.ts'

const earlier = ['What does the Aster 200 cost?', 'Is the Boreas 350 for dirty water?', 'Is it loud?']

describe('a question that follows others', () => {
  it.each([
    ['And what about its warranty?', 'the warranty of Boreas 350?'],
    ['and its price', 'the price of Boreas 350'],
    ['What does it cost?', 'What does Boreas 350 cost?'],
    ['How long is their warranty in years?', 'How long is the warranty in years of Boreas 350?'],
  ])('%s: is about what was named last', (question, alone) => {
    expect(standingAlone(question, earlier)).toBe(alone)
  })

  it.each([
    ['And what about the Aster 200 and its warranty?'],
    ['Why does a pump fail when it runs dry?'],
    ['What is the price of a valve?'],
    ['What is known?'],
  ])('%s: stays as it is, since it says itself what it is about', (question) => {
    expect(standingAlone(question, earlier)).toBe(question)
  })

  it('stays as it is where nothing was named before', () => {
    for (const before of [[], ['what is this?']]) expect(standingAlone('What does it cost?', before)).toBe('What does it cost?')
  })
})
