import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { catalogue } from '../mutations/catalogue.ts'
import type { RequirementMutation } from '../mutations/mutation.ts'
import { Tree } from '../mutations/tree.ts'
import { tryMutation } from '../mutations/try-mutation.ts'
import { root } from './e2e/support/command.ts'

/** `npm run mutate -- --all` tries all of them; here each is held to what it names, and few are tried. */
describe('the mutations', () => {
  it('are one for each number', () => {
    const numbers = Object.keys(JSON.parse(readFileSync(join(root, 'docs/requirements.json'), 'utf8')) as object)
    expect(catalogue.map(({ number }) => number).toSorted()).toEqual(numbers.toSorted())
  })

  it.each(catalogue.map((mutation) => [mutation.number, mutation] as const))(
    '%s applies, and its test is there',
    (_, mutation) => {
      expect(existsSync(join(root, mutation.test))).toBe(true)
      expect(mutation.patches.length).toBeGreaterThan(0)
      for (const { file, find, replace } of mutation.patches) {
        expect(file).toMatch(/^packages\/[a-z]+\/(src|bin|template)\/|^scripts\/|^docs\/|^README\.md$/)
        expect(readFileSync(join(root, file), 'utf8').split(find).length - 1, `${file}:\n${find}`).toBe(1)
        expect(replace).not.toBe(find)
      }
    },
  )

  it('are told apart: what takes a behaviour out, what changes nothing, and what does not run', {
    timeout: 300_000,
  }, async () => {
    const r17 = catalogue.find(({ number }) => number === 'R17') as RequirementMutation
    const [{ file, find }] = r17.patches as [RequirementMutation['patches'][number]]
    const tree = new Tree(root)
    const outcomeOf = (replace: string) => tryMutation(tree, { ...r17, patches: [{ file, find, replace }] })
    try {
      expect(await tryMutation(tree, r17)).toMatchObject({ isFound: true, words: expect.stringMatching(/\[R17/) })
      expect(await outcomeOf(`${find} // The same.`)).toMatchObject({
        isFound: false,
        words: expect.stringContaining('stay green'),
      })
      expect(await outcomeOf('export const')).toMatchObject({ isFound: false, words: expect.stringContaining("can't be run") })
      await expect(tryMutation(tree, { ...r17, patches: [{ file, find: 'nowhere', replace: '' }] })).rejects.toThrow(
        'no longer applies',
      )
    } finally {
      tree.remove()
    }
  })
})
