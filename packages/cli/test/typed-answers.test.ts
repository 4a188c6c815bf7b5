import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { TypedAnswers } from '../src/workflows/answers-typed.ts'

/** A terminal at which somebody types an answer each time that a question stands there. */
function terminal(answers: readonly string[]): {
  readonly input: PassThrough
  readonly output: PassThrough
  readonly shown: string[]
} {
  const [input, output] = [new PassThrough(), new PassThrough()]
  const shown: string[] = []
  const left = [...answers]
  output.on('data', (bytes) => {
    shown.push(String(bytes))
    if (!String(bytes).includes('[y/n')) return
    const answer = left.shift()
    if (answer === undefined) input.end()
    else input.write(answer)
  })
  return { input, output, shown }
}

it('takes nothing for an answer that was typed before the question', async () => {
  const { input, output, shown } = terminal(['n\n', 'maybe\ny\n', 'no\n'])
  input.write('y\ny\n')
  const answers = new TypedAnswers({ input, output })
  expect(await answers.agree('Delete it?')).toBe(false)
  input.write('y\n')
  // "y" came together with an answer that is none, before the question stood there again.
  expect(await answers.agree('Delete all?')).toBe(false)
  expect(shown).toEqual(['Delete it? [y/n, Enter asks again] ', ...Array(2).fill('Delete all? [y/n, Enter asks again] ')])
  answers.close()
})

it('has no answer at the end of what is typed, whenever that is', async () => {
  const { input, output } = terminal([])
  const answers = new TypedAnswers({ input, output })
  expect(await answers.agree('Run it?')).toBeUndefined()
  expect(await answers.agree('And now?')).toBeUndefined()
})
