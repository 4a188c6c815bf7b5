import { describe, expect, it } from 'vitest'
import { isAbstention, refusalText } from '../../../src/rag/answer/abstention.ts'
import { passageOf } from './support.ts'

describe('an abstention', () => {
  it.each([
    'The documents do not contain an answer to this question.',
    'The provided context does not mention the capital of France.',
    "The context documents don't provide enough information to answer this.",
    'Based on the provided documents, there is no information about the capital of France.',
    "I'm sorry, but I cannot answer this question from the given documents.",
    'I could not find any information on that.',
    'I don’t know.',
    'The capital of France is not mentioned in the provided text. It speaks of pumps only.',
    'The given text does not answer this. (Extractive model: it quotes the text it is given and knows nothing else.)',
    'This is an extractive model, without knowledge of its own; it quotes text that it is given. The prompt holds no words.',
    'Die Dokumente enthalten dazu keine Angaben.',
    'Le contexte ne contient pas la réponse.',
    'Los documentos no contienen esa información.',
    'Os documentos não contêm essa informação.',
    '文档中没有提到法国的首都。',
    '資料には記載されていません。',
    '',
    '  \n',
    refusalText([]),
    refusalText([passageOf('x')]),
  ])('is seen in: %s [R38]', (answer) => {
    expect(isAbstention(answer)).toBe(true)
  })

  it.each([
    'The pump failed on 3 March. [1]',
    'The pump could not be repaired because the parts were not found.',
    'The contract does not contain a clause on noise. [1]',
    'The valve was not mended. [2] It cannot answer the load.',
    'It failed in March. [1] The documents do not say who mended it.',
    'The tank does not contain oil.',
    'There is no evidence of a leak. [1]',
  ])('is not seen in an answer: %s', (answer) => {
    expect(isAbstention(answer)).toBe(false)
  })
})

describe('the wording of a refusal', () => {
  it('says what was looked at [R38]', () => {
    const looked = ['a', 'b', 'a', 'c', 'd', 'e', 'f', 'g'].map((name) => passageOf('x', name))
    expect(refusalText(looked)).toBe(
      'The documents do not contain an answer to this question. I looked at 8 passages of a.txt, b.txt, c.txt, d.txt, e.txt and 2 more.',
    )
    expect(refusalText(looked.slice(0, 1))).toContain('I looked at 1 passage of a.txt.')
    expect(refusalText([])).toContain('nothing in them has to do with it')
    expect(refusalText([], true)).toContain('no document that you may see fits the filter')
  })

  it('keeps what turns the direction of names within them', () => {
    const [passage] = [passageOf('x')]
    expect(refusalText([{ ...passage, source: 'unicode-\u202efdp.md' }])).toContain('1 passage of unicode-fdp.md.')
  })
})
